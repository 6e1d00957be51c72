-- Varargs: adjustment, select, nils, nesting, in constructors and calls.
local function count(...) return select("#", ...) end
print(count(), count(nil), count(nil, nil), count(1, nil, 3, nil))
local function f(a, b, ...) return a, b, count(...), ... end
print(f()) print(f(1)) print(f(1, 2)) print(f(1, 2, 3, nil))
local function g(...) local a, b = ... return b, a, (...) end
print(g()) print(g(1)) print(g(1, 2, 3))
print((function(...) return ..., "end" end)(1, 2))
print((function(...) return { ... }, #{ ... } end)(1, 2) ~= nil)
local function mid(...) return 0, ..., 9 end print(mid(1, 2))
local function pass(...) return count(...), count(..., 1), count((...)) end print(pass()) print(pass(1, 2, 3))
print(select(1, "a", "b"), select(2, "a", "b"), select(-1, "a", "b"), select(3, "a", "b"))
print(pcall(select, 0, 1)) print(pcall(select, -3, 1, 2)) print(pcall(select)) print(pcall(select, "x"))
local function sum(...) local s = 0 for i = 1, select("#", ...) do s = s + (select(i, ...) or 0) end return s end
print(sum(1, 2, nil, 4), sum())
local function tailcount(...) return count(...) end print(tailcount(nil, nil, nil))
local function closure(...) local t = { ... } return function() return unpack(t) end end print(closure(1, 2)())
local function modify(a, ...) a = "changed" return ... end print(modify(1, 2, 3))
local big = {} for i = 1, 250 do big[i] = i end
print(count(unpack(big)), select(250, unpack(big)), sum(unpack(big)))
print(string.format("%s %s %s", (function(...) return ... end)("a", "b", "c")))
print(loadstring "local a, b = ... return b, a, select('#', ...)"(1, 2, 3))
print(pcall(loadstring, "function f() return ... end"))
print((select(2, loadstring("function f() return ... end", "=t"))))
print(math.max((function(...) return ... end)(3, 9, 2)), #{ n = 1, (function() return 1, 2 end)() })
for i, v in ipairs { (function(...) return ... end)("p", "q") } do io.write(i, v, " ") end print()
--> 0	1	2	4
--> nil	nil	0
--> 1	nil	0
--> 1	2	0
--> 1	2	2	3	nil
--> nil	nil	nil
--> nil	1	1
--> 2	1	1
--> 1	end
--> true
--> 0	1	9
--> 0	2	1
--> 3	2	1
--> a	b	b
--> false	bad argument #1 to '?' (index out of range)
--> false	bad argument #1 to '?' (index out of range)
--> false	bad argument #1 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (number expected, got string)
--> 7	0
--> 3
--> 1	2
--> 2	3
--> 250	250	31375
--> a b c
--> 2	1	3
--> true	nil	[string "function f() return ... end"]:1: cannot use '...' outside a vararg function near '...'
--> t:1: cannot use '...' outside a vararg function near '...'
--> 9	2
--> 1p 2q 

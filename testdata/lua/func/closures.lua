-- Closures: sharing, closing, counters, recursion through upvalues.
local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end, function(v) n = v end end
local inc, get, set = counter()
local inc2 = counter()
print(inc(), inc(), inc2(), get()) set(10) print(inc(), get(), inc2())
local function adder(x) return function(y) return function(z) return x + y + z end end end
print(adder(1)(2)(3), adder("1")(2)(3))
local fs = {}
for i = 1, 3 do local j = i * 10 fs[i] = { function() return i + j end, function(d) i = i + d j = j - d end } end
fs[1][2](5) fs[2][2](1) print(fs[1][1](), fs[2][1](), fs[3][1]())
local shared = {}
do local v = 0 for i = 1, 3 do shared[i] = function() v = v + i return v end end end
print(shared[1](), shared[2](), shared[3](), shared[1]())
local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end print(fact(10))
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(10), odd(10), even(7))
local function compose(f, g) return function(...) return f(g(...)) end end
print(compose(function(x) return x * 2 end, function(x, y) return x + y end)(3, 4))
local function deep() local a = 1 return function() local b = 2 return function() local c = 3 return function() a = a + 1 return a + b + c end end end end
local d = deep()()() print(d(), d())
local x = 1
local function readx() return x end
x = 2 print(readx()) do local x = 3 print(readx(), x) end
local function arg_upvalue(p) local function bump() p = p + 1 end bump() bump() return p end print(arg_upvalue(5))
local same = {} for i = 1, 2 do same[i] = function() return 1 end end print(same[1] == same[2])
print((function(...) local a = ... return function() return a end end)(42)())
--> 1	2	1	2
--> 11	11	2
--> 6	6
--> 11	22	33
--> 1	3	6	7
--> 3628800
--> true	false	false
--> 14
--> 7	8
--> 2
--> 2	3
--> 7
--> false
--> 42

-- and, or, not: values, short circuit, in every context.
local function v(x) io.write("[", tostring(x), "]") return x end
local function show(...) print(...) end
show(v(1) and v(2)) show(v(nil) and v(2)) show(v(false) or v(3)) show(v(1) or v(3))
show(v(1) and v(nil) or v(3)) show(v(nil) or v(false) and v(1)) show(not v(nil)) show(not not v(0))
if v(1) and v(2) then print "then" else print "else" end
if v(1) and v(false) then print "then" else print "else" end
if v(nil) or v(2) then print "then" else print "else" end
if not (v(1) and v(nil)) then print "then" else print "else" end
if not v(1) or not v(2) then print "then" else print "else" end
local a, b, c = 1, nil, false
print(a and b, a or b, b and a, b or a, c and b, b and c, c or b, b or c)
print((a and b) == nil, (c or b) == nil, (b or c) == false)
local x = a and (b or c) or (a and 7)
print(x, a and 1 < 2, b or 1 > 2, a == 1 and b == nil, not (a == 2) and not b)
local t = { a and 1, b or 2, c and 3 or 4, nil or "d" }
print(t[1], t[2], t[3], t[4])
local function f(...) return ... end
print(f(1, 2) and f(3, 4), (f(nil, 2) or f(3, 4)), f() or "none")
while v(1) and v(nil) do error "no" end
repeat until v(false) or v(5)
print(false == false and true ~= false, (nil == false) == false)
print(1 and nil, nil and nil, false and error(), 1 and 2 or error())
local y = nil
y = y or "default" print(y)
y = y and y .. "!" print(y)
--> [1][2]2
--> [nil]nil
--> [false][3]3
--> [1]1
--> [1][nil][3]3
--> [nil][false]false
--> [nil]true
--> [0]true
--> [1][2]then
--> [1][false]else
--> [nil][2]then
--> [1][nil]then
--> [1][2]else
--> nil	1	nil	1	false	nil	nil	false
--> true	true	true
--> 7	true	false	true	true
--> 1	2	4	d
--> 3	3	none
--> [1][nil][false][5]true	true
--> nil	nil	false	2
--> default
--> default!

-- Results of folded expressions equal those computed at run time.
local function same(a, b) return a == b or (a ~= a and b ~= b) end
local one, two, zero, three = 1, 2, 0, 3
print(same(1 + 2, one + two), same(1 / 0, one / zero), same(-1 / 0, -one / zero), same(0 / 0, zero / zero))
print(same(5 % -3, (two + three) % -three), same(2 ^ 0.5, two ^ (one / two)), same(-2 ^ 2, -(two ^ two)))
print(1 / -0, 1 / (0 * -1), 1 / (-zero), 1 / (zero * -one), 1 / (0 - 0))
print(-0 == 0, tostring(-0), tostring(-zero), tostring(0 * -1), tostring(0 - 0))
print("a" .. "b" == "ab", not nil, not 1, not not false, - -3, #"const")
print(2 ^ 31, 2 ^ 32 - 1, 1 - 2 ^ 53, 1e15 + 0.5, 32767 + 1, -32768 - 1, 65535 + 1)
if nil then print "no" elseif false then print "no" elseif 0 then print "zero is true" end
if not nil then print "not nil" end
if 1 == 1 then print "constant comparison" end
while false do print "never" end
repeat local x = 1 until true
print(nil == nil, nil == false, 1 < 2, "a" < "b", 1 ~= 1)
local k = 3 * 4 + 5 * (2 - 7) / 5 ^ 2 % 3
print(k, (3 * 4 + 5 * (2 - 7) / 5 ^ 2 % 3))
print(3 and 4, nil and 4, false or "x", 1 or 2, (nil and 1) or (2 and 3))
--> true	true	true	true
--> true	true	true
--> -inf	-inf	-inf	-inf	inf
--> true	-0	-0	-0	0
--> true	true	false	false	3	5
--> 2147483648	4294967295	-9.007199254741e+15	1e+15	32768	-32769	65536
--> zero is true
--> not nil
--> constant comparison
--> true	false	true	true	false
--> 14	14
--> 4	nil	x	1	3

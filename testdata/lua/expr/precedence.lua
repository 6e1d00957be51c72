-- Precedence and associativity.
print(1 + 2 * 3, (1 + 2) * 3, 2 * 3 + 1, 1 + 2 - 3 + 4)
print(2 ^ 2 ^ 3, -2 ^ 2, not nil == true, not (1 == 2))
print(1 .. 2 .. 3, "a" .. 1 + 2 .. "b", 2 ^ 2 .. "")
print(1 < 2 == true, "x" == "x" ~= false, 1 + 1 == 2 and "yes" or "no")
print(nil and 1 or 2, false or nil, 1 and 2 and 3, nil or false or 4)
print(1 or error("not evaluated"), nil and error("not evaluated"))
print(not nil and 5, not 0, not "", not not nil)
print(-3 % 5, -(3 % 5), - 3 ^ 2, (-3) ^ 2, 2 * -3)
print(#"abc" + 1, -#"abc", #"abc" == 3, not #"" == 0)
print(1 + 2 < 4 and 2 * 2 > 3 or false, 5 - 3 .. "", 8 / 2 / 2, 2 - 2 - 2)
local a, b, c = 1, 2, 3
print(a + b * c ^ a, (a + b) * c, a < b == (b < c), a .. b == "12", a + b .. c)
print(a < b and b < c and "sorted", a > b or b > c or "none", not a == b, not (a == b))
print("10" + 5 .. "", "3" * "4", -"2", 10 .. "2" + 1)
--> 7	9	7	4
--> 256	-4	true	true
--> 123	a3b	4
--> true	true	yes
--> 2	nil	3	4
--> 1	nil
--> 5	false	false	false
--> 2	-3	-9	9	-6
--> 4	-3	true	false
--> true	2	2	-2
--> 7	9	true	true	33
--> sorted	none	false	true
--> 15	12	-2	103

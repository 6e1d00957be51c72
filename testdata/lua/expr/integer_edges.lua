-- Numbers near the edges where an implementation might use integers.
local big = 2147483647
print(big, big + 1, -big - 1, -big - 2, big * 2, big * big)
local n = 0
for i = big - 2, big do n = n + 1 end print(n)
n = 0
for i = -big, -big - 1, -1 do n = n + 1 end print(n)
local x = 0
for i = 1, 64 do x = x * 2 + 1 end
print(x, x == 2 ^ 64, x % 2)
local a = 1
for i = 1, 20 do a = a * i end
print(a, a % 1000000007)
local t = { [big] = "a", [big + 1] = "b", [-1] = "c" }
print(t[2147483647], t[2147483648], t[-1], t[4294967295])
local m = -1 / math.huge
print(m, 1 / m, m == 0, 0 == m, m < 0, math.abs(m))
t = {} t[m] = "zero" print(t[0], next(t))
print(3 % -2, -3 % 2, 5.3 % 2 > 1.29, 2 ^ 53 % 3, -2 ^ 53 % 3, 1e300 % 7)
print(big % 2, (big + 1) % 2, (-big - 1) % 7, 1e15 % 2, 0.5 % 1)
print(2 ^ 52 + 0.5, 2 ^ 53 + 0.5 == 2 ^ 53, 4503599627370497.5)
print(string.format("%d %d", 2 ^ 31, -2 ^ 31), string.format("%d", 2 ^ 53))
print(1e9 + 1e9 + 1e9, 65535 * 65537, 46341 * 46341, -46341 * 46341)
--> 2147483647	2147483648	-2147483648	-2147483649	4294967294	4.6116860141324e+18
--> 3
--> 2
--> 1.844674407371e+19	true	0
--> 2.4329020081766e+18	146326016
--> a	b	c	nil
--> -0	-inf	true	true	false	0
--> zero	0	zero
--> -1	1	true	2	0	0
--> 1	0	5	0	0.5
--> 4.5035996273705e+15	true	4.5035996273705e+15
--> 2147483648 -2147483648	9007199254740992
--> 3000000000	4294967295	2147488281	-2147488281

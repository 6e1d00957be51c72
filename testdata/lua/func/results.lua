-- Multiple results: truncation and expansion in every context.
local function n(k) local t = {} for i = 1, k do t[i] = i end return unpack(t) end
print(n(0)) print(n(1)) print(n(3)) print((n(3))) print(n(3), n(2)) print(n(0), n(0)) print(n(2), (n(0)))
local a, b, c = n(2) print(a, b, c)
a, b = n(3) print(a, b)
local t = { n(3), n(3) } print(#t) t = { n(0) } print(#t) t = { n(3), k = 1, (n(2)) } print(#t)
print(#{ n(100) }, #{ n(0), n(50) })
if n(0) then print "yes" else print "no result is false" end
print(n(2) + n(3), n(2) .. n(3), -n(1), #{ n(2) } + 1, not n(0))
local function f() return n(3) end local function g() return 0, n(3) end local function h() return n(3), 0 end
print(f()) print(g()) print(h())
print(string.byte("abc", 1, -1)) print((string.byte("abc", 1, -1))) print(math.max(n(5)), select(2, n(3)))
local x = n(2), 5 print(x)
for i in n(0) or function() end do end
local r = (function() return n(2) end)() print(r)
print(pcall(n, 3)) print(pcall(error)) print(select("#", pcall(n, 0)), select("#", (pcall(n, 0))))
local function void() return end print(void() == nil, type(void() or nil), select("#", void()))
print(pcall(type, void())) print(type(void() or false))
local big = { n(300) } print(#big, select("#", unpack(big)))
t = {} t[1], t[2] = n(1) print(#t)
print(tostring(n(2)), ("%d-%d"):format(n(2)))
-->
--> 1
--> 1	2	3
--> 1
--> 1	1	2
--> nil
--> 1	nil
--> 1	2	nil
--> 1	2
--> 4
--> 0
--> 2
--> 100	51
--> no result is false
--> 2	11	-1	3	true
--> 1	2	3
--> 0	1	2	3
--> 1	0
--> 97	98	99
--> 97
--> 5	2	3
--> 1
--> 1
--> true	1	2	3
--> false	nil
--> 1	1
--> true	nil	0
--> false	bad argument #1 to '?' (value expected)
--> boolean
--> 300	300
--> 1
--> 1	1-2

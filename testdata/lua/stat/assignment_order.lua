-- A local used as table, key and target in one assignment.
local a = { 1, 2 }
local i = 1
a[i], i = i + 10, 2 print(a[1], i)
local b = {}
b, b[1] = 5, "still the table" print(b)
local c = { x = {} }
local old = c
c.x, c = c, c.x print(old.x == old, type(c))
local function f() return 1, 2, 3 end
local g = {}
g[1], g[2], g.z, g[3] = f() print(g[1], g[2], g.z, g[3])
G1, G2, G3 = f() print(G1, G2, G3)
G1, G2 = G2, G1 print(G1, G2)
local up1, up2 = "u1", "u2"
local function swap() up1, up2 = up2, up1 end
swap() print(up1, up2)
local s, t = {}, {}
s.v, t.v = t, s print(s.v.v == s, t.v.v == t)
local n = 0
local function nxt() n = n + 1 return n end
local list = {}
list[nxt()], list[nxt()], list[nxt()] = nxt(), nxt(), nxt()
print(list[1], list[2], list[3], n)
local e1, e2 = nxt(), nxt(), nxt() print(e1, e2, n)
--> 11	2
--> 5
--> true	table
--> 1	2	3	nil
--> 1	2	3
--> 2	1
--> u2	u1
--> true	true
--> 4	5	6	6
--> 7	8	9

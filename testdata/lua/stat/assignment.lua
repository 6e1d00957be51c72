-- Assignment: order of evaluation, swaps, adjustment of values.
local a, b, c = 1, 2
print(a, b, c)
a, b = b, a print(a, b)
a, b, c = (function() return 1, 2, 3 end)() print(a, b, c)
a, b, c = 0, (function() return 1, 2, 3 end)() print(a, b, c)
a, b, c = (function() return 1, 2, 3 end)(), 10 print(a, b, c)
a, b = 1 print(a, b)
a = 1, 2 print(a)
local t = { 1, 2, 3 }
t[1], t[2], t[3] = t[3], t[1], t[2] print(t[1], t[2], t[3])
local i = 1
i, t[i] = i + 1, "changed" print(i, t[1], t[2])
local u = t
t, t.x = {}, "old table" print(u.x, t.x)
local log = {}
local function note(n, v) log[#log + 1] = n return v end
local m = setmetatable({}, { __newindex = function(_, k) log[#log + 1] = "set " .. k end })
m[note("k1", "a")], m[note("k2", "b")] = note("v1"), note("v2")
print(table.concat(log, " "))
local x, y, z = (function(...) return ... end)(1, nil, 3) print(x, y, z)
local p, q = {} print(type(p), q)
p.a, p.b, p.c = 1, 2 print(p.a, p.b, p.c)
--> 1	2	nil
--> 2	1
--> 1	2	3
--> 0	1	2
--> 1	10	nil
--> 1	nil
--> 1
--> 3	1	2
--> 2	changed	1
--> old table	nil
--> k1 k2 v1 v2 set b set a
--> 1	nil	3
--> table	nil
--> 1	2	nil

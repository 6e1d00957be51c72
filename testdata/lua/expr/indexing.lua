-- Indexing with every kind of key, float keys normalised, nil results.
local t = {}
t[1] = "one" t[2.0] = "two" t["3"] = "three string" t[-1] = "neg" t[0] = "zero" t[1.5] = "frac"
print(t[1], t[1.0], t[2], t["2"], t[3], t["3"], t[-1], t[0], t[-0], t[1.5])
t[true], t[false], t[print], t[t] = "T", "F", "P", "self"
print(t[true], t[false], t[print], t[t], t[not nil])
print(t[nil], t.x, t.x == nil, t[0 / 0])
print(pcall(function() t[nil] = 1 end))
print(pcall(function() t[0 / 0] = 1 end))
t[2 ^ 31], t[2 ^ 32], t[2 ^ 53], t[-2 ^ 31], t[1e300], t[math.huge] = 1, 2, 3, 4, 5, 6
print(t[2147483648], t[4294967296], t[9007199254740992], t[-2147483648], t[1e300], t[math.huge], t[-math.huge])
t.a = { b = { c = { d = 5 } } }
print(t.a.b.c.d, t["a"]["b"].c["d"], t.a["b"].c.x)
local k = "a" print(t[k].b == t.a.b, t[k .. ""] == t.a)
local s = "str"
print(s.len == string.len, s.missing, ("x").upper("abc"), ("%d"):format(3), #s:rep(2))
print(pcall(function() return (1).x end))
print(pcall(function() return (nil).x end))
print(pcall(function() return s.x.y end))
print(pcall(function() s.x = 1 end))
t[1] = nil print(t[1], t[2])
local a, i = {}, 1
i, a[i] = i + 1, 20
print(i, a[1], a[2])
for j = 255, 258 do t[j] = j end
print(t[255], t[256], t[257], t[258], t[259])
--> one	one	two	nil	nil	three string	neg	zero	zero	frac
--> T	F	P	self	T
--> nil	nil	true	nil
--> false	indexing.lua:8: table index is nil
--> false	indexing.lua:9: table index is NaN
--> 1	2	3	4	5	6	nil
--> 5	5	nil
--> true	true
--> true	nil	ABC	3	6
--> false	indexing.lua:17: attempt to index a number value
--> false	indexing.lua:18: attempt to index a nil value
--> false	indexing.lua:19: attempt to index field 'x' (a nil value)
--> false	indexing.lua:20: attempt to index upvalue 's' (a string value)
--> nil	two
--> 2	20	nil
--> 255	256	257	258	nil

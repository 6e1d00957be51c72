-- rawget, rawset, rawequal, rawlen's absence, type, select, unpack.
local t = setmetatable({ 1 }, { __index = function() return "mm" end, __newindex = function() end, __eq = function() return true end })
print(t.x, rawget(t, "x"), rawget(t, 1), rawset(t, "x", 5) == t, t.x, rawequal(t, t), rawequal(t, {}), t == setmetatable({}, getmetatable(t))) print(rawequal(1, 1), rawequal("a", "a"), rawequal(0, -0), rawequal(0 / 0, 0 / 0), rawequal(1, "1"), rawequal(nil, nil))
print(pcall(rawget)) print(pcall(rawget, {})) print(pcall(rawset, {}, nil, 1)) print(pcall(rawset, {}, 0 / 0, 1)) print(pcall(rawset, {}, 1)) print(pcall(rawequal, 1)) print(rawget({}, nil), rawlen)
for _, v in ipairs { 1, "s", true, {}, print, coroutine.create(print), io.stdout, newproxy() } do io.write(type(v), " ") end print(type(nil), pcall(type))
print(unpack { 1, 2, 3 }) print(unpack({ 1, 2, 3 }, 2)) print(unpack({ 1, 2, 3 }, 2, 3)) print(unpack({ 1, 2, 3 }, -1, 1)) print(unpack({}, 1, 3)) print(unpack({ 1, 2 }, 3)) print(unpack({ 1, nil, 3 }, 1, 3)) print(select("#", unpack({}, 1, 0)), select("#", unpack({}, 5, 1)))
print(unpack({ 1, 2, 3 }, "2", "3")) print(pcall(unpack)) print(pcall(unpack, 1)) print(pcall(unpack, {}, 1, 1e8)) print(pcall(unpack, {}, {})) print(unpack(setmetatable({}, { __index = function(_, i) return i end }), 1, 3)) print(unpack == table.unpack, table.unpack)
print(select(2, "a", "b", "c")) print(select(-2, "a", "b", "c")) print(select("#")) print(select("#", nil)) print(select(5, 1)) print(select(1.9, "a", "b")) print(select("2", "a", "b")) print(pcall(select, -5, 1))
--> mm	nil	1	true	5	true	false	true
--> true	true	true	false	false	true
--> false	bad argument #1 to '?' (table expected, got no value)
--> false	bad argument #2 to '?' (value expected)
--> false	table index is nil
--> false	table index is NaN
--> false	bad argument #3 to '?' (value expected)
--> false	bad argument #2 to '?' (value expected)
--> nil	nil
--> number string boolean table function thread userdata userdata nil	false	bad argument #1 to '?' (value expected)
--> 1	2	3
--> 2	3
--> 2	3
--> nil	nil	1
--> nil	nil	nil
-->
--> 1	nil	3
--> 0	0
--> 2	3
--> false	bad argument #1 to '?' (table expected, got no value)
--> false	bad argument #1 to '?' (table expected, got number)
--> false	too many results to unpack
--> false	bad argument #2 to '?' (number expected, got table)
--> nil	nil	nil
--> false	nil
--> b	c
--> b	c
--> 0
--> 1
-->
--> a	b
--> b
--> false	bad argument #1 to '?' (index out of range)

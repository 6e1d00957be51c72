-- string.dump: round trips with and without debug information, upvalues, nested functions, bad input.
local function f(a, b, ...) local c = { a, b, ... } for i = 1, #c do c[i] = c[i] * 2 end return unpack(c) end local d = string.dump(f) print(type(d), d:sub(1, 3) == "\27LJ", d:byte(4)) print(loadstring(d)(1, 2, 3)) print(loadstring(string.dump(f, true))(4, 5)) print(#string.dump(f, true) < #d) print(string.dump(loadstring(d)) == d)
local up = 10 local function g() up = (up or 0) + 1 return up end print(pcall(loadstring(string.dump(g)))) local function h() return function() return function() return "nested" end end end print(loadstring(string.dump(h))()()()) print(loadstring(string.dump(function() return "const", 1.5, 1e100, true, nil, 12345678, -1, #{ 1, 2, x = "y", 3 }, ({ [3] = false })[3] end))())
print(select("#", loadstring(string.dump(function(...) return ... end))(nil, nil))) print(pcall(string.dump, print)) print(pcall(string.dump)) print(pcall(string.dump, 1)) print(loadstring("\27") == nil, (select(2, loadstring("\27"))), (select(2, loadstring("\27LJ"))), (select(2, loadstring("\27Lua")))) print(load(d, "name", "t")) print(load(d, "name", "b") ~= nil) print((loadstring(d:sub(1, #d - 1))))
local info = debug.getinfo(loadstring(d), "S") print(info.short_src, info.linedefined, info.what) info = debug.getinfo(loadstring(string.dump(f, true)), "S") print(info.linedefined, info.lastlinedefined) local ok, e = pcall(loadstring(string.dump(function() local x = nil return x.y end))) print(ok, e) ok, e = pcall(loadstring(string.dump(function() local x = nil return x.y end, true))) print(ok, (e:gsub("^.-: ", "")))
local src = "local t = {} for i = 1, 10 do t[i] = i ^ 2 end local s = 0 for k, v in pairs(t) do s = s + v end goto done do s = 0 end ::done:: return s, #t, 'x' .. 1, not t, -s" print(loadstring(string.dump(loadstring(src)))()) print(string.dump(loadstring(src), true) == string.dump(loadstring(src), true)) print(debug.getinfo(loadstring(string.dump(loadstring("return 1", "=named"))), "S").source)
--> string	true	2
--> 2	4	6
--> 8	10
--> true
--> true
--> true	1
--> nested
--> const	1.5	1e+100	true	nil	12345678	-1	3	false
--> 2
--> false	unable to dump given function
--> false	bad argument #1 to '?' (function expected, got no value)
--> false	bad argument #1 to '?' (function expected, got number)
--> true	(binary): cannot load incompatible bytecode	(binary): cannot load incompatible bytecode	(binary): cannot load incompatible bytecode
--> nil	attempt to load chunk with wrong mode
--> true
--> nil
--> dump.lua	2	Lua
--> 0	0
--> false	dump.lua:5: attempt to index local 'x' (a nil value)
--> false	attempt to index a nil value
--> 385	10	x1	false	-385
--> true
--> =named

-- __len on tables is not consulted (5.1), on userdata it is; __tostring; __metatable; __name.
local t = setmetatable({ 1, 2, 3 }, { __len = function() return 42 end }) print(#t)
local u = newproxy(true) getmetatable(u).__len = function() return 7 end print(#u)
getmetatable(u).__tostring = function() return "a proxy" end print(tostring(u), u)
print(pcall(function() return #newproxy(true) end))
debug.setmetatable(1, { __len = function(n) return n * 2 end }) print(#(21)) debug.setmetatable(1, nil)
local s = setmetatable({}, { __tostring = function(self) return "stringified" end }) print(tostring(s), s, ("%s|%10s"):format(s, "x"))
print(pcall(tostring, setmetatable({}, { __tostring = function() return 5 end })))
print(type(select(2, pcall(tostring, setmetatable({}, { __tostring = function() return {} end })))))
print(pcall(tostring, setmetatable({}, { __tostring = function() return nil end })))
print(pcall(tostring, setmetatable({}, { __tostring = function() error("in tostring", 0) end })))
print(pcall(tostring, setmetatable({}, { __tostring = "x" }))) print(pcall(print, setmetatable({}, { __tostring = function() return 1 end })))
print(pcall(function() return "a" .. s end)) print(pcall(io.write, s)) print(pcall(table.concat, { s }))
local locked = setmetatable({}, { __metatable = "locked" }) print(getmetatable(locked), pcall(setmetatable, locked, {})) print(type(debug.getmetatable(locked)))
print(getmetatable(setmetatable({}, { __metatable = false })), pcall(setmetatable, setmetatable({}, { __metatable = false }), nil))
print(getmetatable("").__index == string, getmetatable("x") == getmetatable("y"), getmetatable(1), getmetatable(nil), getmetatable(print))
print(pcall(setmetatable, 1, {})) print(pcall(setmetatable, {}, 1)) print(pcall(setmetatable, {})) print(pcall(getmetatable))
local m = {} print(setmetatable(m, m) == m, getmetatable(m) == m, getmetatable(setmetatable(m, nil)))
print(tostring(setmetatable({}, { __name = "My type" })):match("^%a+ ?%a*"), tostring(print):match("^function: builtin"), tostring(nil), tostring(true), tostring(1.5))
print((tostring {}):match("^table: 0x") ~= nil, (tostring(function() end)):match("^function: 0x") ~= nil, tostring(coroutine.create(print)):match("^thread: 0x") ~= nil, tostring(io.stdout):match("^file %(0x") ~= nil)
--> 3
--> 7
--> a proxy	a proxy
--> false	len_tostring.lua:5: attempt to get length of a userdata value
--> 42
--> stringified	stringified	stringified|         x
--> true	5
--> table
--> true	nil
--> false	in tostring
--> false	attempt to call a string value
--> 1
--> true
--> false	len_tostring.lua:13: attempt to concatenate upvalue 's' (a table value)
--> false	bad argument #1 to '?' (string expected, got table)
--> false	invalid value (table) at index 1 in table for 'concat'
--> locked	false	cannot change a protected metatable
--> table
--> false	false	cannot change a protected metatable
--> true	true	nil	nil	nil
--> false	bad argument #1 to '?' (table expected, got number)
--> false	bad argument #2 to '?' (nil or table expected)
--> false	bad argument #2 to '?' (nil or table expected)
--> false	bad argument #1 to '?' (value expected)
--> true	true	nil
--> table	function: builtin	nil	true	1.5
--> true	true	true	true

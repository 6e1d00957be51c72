-- debug.setmetatable on every type, debug.getmetatable, getregistry.
local mt = { __index = { tag = "tagged" }, __call = function(v, ...) return type(v), ... end, __unm = function(v) return "neg " .. type(v) end, __len = function(v) return "len " .. type(v) end, __add = function(a, b) return type(a) .. "+" .. type(b) end, __concat = function(a, b) return type(a) .. ".." .. type(b) end, __tostring = function(v) return "<" .. type(v) .. ">" end, __lt = function() return true end }
for _, v in ipairs { 5, true, print, coroutine.create(print) } do print(debug.setmetatable(v, mt) == v, debug.getmetatable(v) == mt, v.tag, tostring(v)) local ok, r = pcall(function() return v(1), v .. {}, v + {} end) print(ok, r) debug.setmetatable(v, nil) print(debug.getmetatable(v)) end
debug.setmetatable(nil, mt) print((nil).tag, (nil)(1), -nil, tostring(nil), nil + 1, nil .. "x", undefinedvar.tag) debug.setmetatable(nil, nil) debug.setmetatable(0, mt) print((7).tag, (7)("a"), #7, -7, 7 + 7, 7 .. 7, 1 < 2, 7 + {}, tostring(7)) debug.setmetatable(0, nil) debug.setmetatable(true, mt) print((false).tag, #true, -false, true + 1, true < false) debug.setmetatable(true, nil) debug.setmetatable(print, mt) print(print.tag, (function() end).tag, -print, print + print, #print, #function() end) debug.setmetatable(print, nil)
print(pcall(debug.setmetatable, 1)) print(pcall(debug.setmetatable, 1, 2)) print(debug.setmetatable({}, nil) ~= nil, type(debug.getregistry()), type(debug.getregistry()._LOADED or debug.getregistry()), debug.getmetatable(1), debug.getmetatable {}) local t = setmetatable({}, { __metatable = "protected" }) print(getmetatable(t), type(debug.getmetatable(t)), debug.setmetatable(t, nil) == t, getmetatable(t)) print(debug.getmetatable("").__index == string)
--> false	true	tagged	<number>
--> true	number
--> nil
--> <boolean>	<boolean>	tagged	<boolean>
--> <boolean>	boolean
--> nil
--> false	true	tagged	<function>
--> 1
--> true	nil
--> nil
--> false	true	tagged	<thread>
--> true	thread
--> nil
--> tagged	nil	neg nil	<nil>	nil+number	nil..string	tagged
--> tagged	number	len number	<number>	<number>	77	true	number+table	<number>
--> tagged	len boolean	neg boolean	boolean+number	<boolean>
--> tagged	tagged	neg function	function+function	len function	len function
--> false	bad argument #2 to '?' (nil or table expected)
--> false	bad argument #2 to '?' (nil or table expected)
--> true	table	table	nil	nil
--> protected	table	false	nil
--> true

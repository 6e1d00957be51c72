-- A __tostring that is no function: called through __call, or an error where tostring was called.
local number = setmetatable({}, { __tostring = 5 })
local object = setmetatable({}, { __tostring = setmetatable({}, {}) })
local callable = setmetatable({}, { __tostring = setmetatable({}, { __call = function(_, x) return "called " .. type(x) end }) })
print(pcall(tostring, number))
print(pcall(function() return (tostring(number)) end))
print(pcall(function() local text = tostring(object) return text end))
print(xpcall(function() local text = tostring(object) return text end, function(m) return m .. " in " .. debug.getinfo(2, "l").currentline end))
print(pcall(coroutine.wrap(tostring), number))
print(tostring(callable), pcall(tostring, callable))
local as_method = { name = tostring }
print(pcall(function() local text = as_method.name(number) return text end))
--> false	attempt to call a number value
--> false	tostring_not_callable.lua:6: attempt to call global 'tostring' (a number value)
--> false	tostring_not_callable.lua:7: attempt to call global 'tostring' (a table value)
--> false	tostring_not_callable.lua:8: attempt to call global 'tostring' (a table value) in 8
--> false	attempt to call a number value
--> called table	true	called table
--> false	tostring_not_callable.lua:12: attempt to call field 'name' (a number value)

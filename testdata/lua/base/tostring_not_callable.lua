-- __tostring that is no function: an error, or another object's __call.
local t = setmetatable({}, { __tostring = "" })
print(pcall(tostring, t)) print(pcall(string.format, "%s", t)) print(pcall(print, t)) print((pcall(function() tostring(t) end)))
print(pcall(require "string.buffer".new().put, require "string.buffer".new(), t))
print(pcall(tostring, setmetatable({}, { __tostring = setmetatable({}, { __call = function() return "called" end }) })))
for _ = 1, 3 do print(select(2, pcall(tostring, setmetatable({}, { __tostring = 1 })))) end
--> false	attempt to call a string value
--> false	attempt to call a string value
--> false	attempt to call a string value
--> false
--> false	attempt to call a string value
--> true	called
--> attempt to call a number value
--> attempt to call a number value
--> attempt to call a number value

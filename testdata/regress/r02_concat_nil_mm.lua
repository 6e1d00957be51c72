-- base-type metatable (__concat on nil) whose handler concatenates again with failing operand
debug.setmetatable(nil, { __concat = function(a, b) return tostring(a) .. tostring(b) end })
local r = {}
for i = 1, 70 do r[i] = (nil .. "a") .. i end
local ok, e = pcall(function() for i = 1, 70 do local _ = (function() error("boom", 0) end)() .. (nil .. nil) end end)
print(r[70], ok, e)
debug.setmetatable(nil, nil)
--> nila70	false	boom

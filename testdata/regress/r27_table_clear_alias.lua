local ok, clear = pcall(require, "table.clear") if not ok then clear = function(t) for k in pairs(t) do t[k] = nil end end end
local r for i = 1, 100 do local t = {0}; local u = t; u[1] = i; clear(t); r = t[1] end print(r)
local x = {} for i = 1, 100 do x.a = i; clear(x); r = x.a end print(r)
--> nil
--> nil

-- metamethod result first, then 5+ string operands: operands must not be clobbered
local v = setmetatable({}, { __concat = function(_, b) return b end })
local r for _ = 1, 80 do r = v .. "" .. "" .. "" .. "" .. "canary" end
print(r)
local w = setmetatable({value="W"}, { __concat = function(s, o) return s.value end, __add = function(s) return "+" end })
for _ = 1, 200 do r = "p" .. (w + 1) .. "q" .. (w .. "z") end
print(r)
--> canary
--> p+qW

-- 3-operand concat; metamethod is vararg, or is pcall itself (protected frame under the continuation)
local va = setmetatable({}, { __concat = function(...) local _, b = ...; return b end })
local r for _ = 1, 80 do r = "" .. "" .. va end
print(r == va)
local pc = setmetatable({}, { __call = function(t) return t end, __concat = pcall })
for _ = 1, 80 do r = pc .. pc .. "" end
print(r)
--> true
--> true

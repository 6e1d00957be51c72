local callable = setmetatable({}, { __call = function(_, a) return a + 1 end })
local native = math.abs
local function rec(n) if n == 0 then return 0 end return callable(rec(n - 1)) + native(-1) end
local s = 0 for i = 1, 100 do s = s + rec(i % 12) end print(s)
--> 1076

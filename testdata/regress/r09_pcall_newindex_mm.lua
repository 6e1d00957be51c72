-- __newindex = pcall, __call = builtin
local t = setmetatable({}, { __newindex = pcall, __call = type })
local n = 0
for _ = 1, 100 do t[t] = t; n = n + 1 end
print(n, rawget(t, t))
--> 100	nil

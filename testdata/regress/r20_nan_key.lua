local nan = 0/0
local function ins(t, k) t[k] = true end
local t = {} local errs = 0
for i = 1, 100 do local ok = pcall(ins, t, i % 25 == 0 and nan or i + 0.5) if not ok then errs = errs + 1 end end
local c = 0 for _ in pairs(t) do c = c + 1 end print(errs, c)
--> 4	96

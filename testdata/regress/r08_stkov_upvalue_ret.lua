local c = 0
local function side() if c > 5 then return end c = c + 1 end
local function g() local r = g(side()) return r end
for _ = 1, 3 do local ok, e = pcall(g); print(ok, tostring(e):match("stack overflow")) end
--> false	stack overflow
--> false	stack overflow
--> false	stack overflow

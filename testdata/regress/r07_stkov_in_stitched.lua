-- unbounded recursion through a builtin; must be catchable, repeatedly
local function f() math.fmod(42, 42) f() end
for _ = 1, 4 do local ok, e = pcall(f); print(ok, tostring(e):match("stack overflow")) end
--> false	stack overflow
--> false	stack overflow
--> false	stack overflow
--> false	stack overflow

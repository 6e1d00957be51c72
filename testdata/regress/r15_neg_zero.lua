-- luajit: differs: the version compared with returns 0 from math.ceil(-0.75)
local function um(a, b) return tostring(-(a % b)) end
local o for i = 1, 100 do o = um(2, i % 2 == 0 and 3 or 2) end
print(o, um(2, 1), um(2,2))
local function sub0(x) return 1 / (x - (-0)) end
local r for _ = 1, 100 do r = sub0(-0) end
print(r, math.min(0, -0), math.max(-0, 0))
for _ = 1, 100 do r = tostring(math.ceil(-0.75)) end
print(r)
--> -2	-0	-0
--> inf	-0	0
--> -0

-- __index: tables, functions, chains, rawget, on every base type.
local base = { x = 1, f = function() return "f" end }
local mid = setmetatable({ y = 2 }, { __index = base })
local top = setmetatable({ z = 3 }, { __index = mid })
print(top.x, top.y, top.z, top.f(), top.missing, rawget(top, "x"))
base.new = "added later" print(top.new) mid.new = "shadowed" print(top.new) mid.new = nil print(top.new)
local log = {}
local t = setmetatable({ 1, 2 }, { __index = function(t, k) log[#log + 1] = tostring(k) return k .. "!" end })
print(t[1], t[3], t.name, t[1.5], t["x y"], #log, table.concat(log, ","))
print(pcall(function() return t[true] end))
--> 1	2	3	f	nil	nil
--> added later
--> shadowed
--> added later
--> 1	3!	name!	1.5!	x y!	4	3,name,1.5,x y
--> false	index.lua:8: attempt to concatenate local 'k' (a boolean value)

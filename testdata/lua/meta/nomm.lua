-- Adding, removing and replacing metamethods after lookups have failed or succeeded.
local mt = {} local t = setmetatable({}, mt)
local function try(f, ...) local ok, v = pcall(f, ...) return ok and v or "error" end
local function idx() return t.x end local function add() return t + 1 end local function call() return t() end local function set() t.y = 1 return rawget(t, "y") end
for round = 1, 3 do
  print(try(idx), try(add), try(call), try(set)) t.y = nil rawset(t, "y", nil)
  mt.__index = { x = "x" .. round } mt.__add = function() return "add" .. round end mt.__call = function() return "call" .. round end mt.__newindex = function(t, k) rawset(t, k, "set" .. round) end
  print(try(idx), try(add), try(call), try(set)) rawset(t, "y", nil)
  mt.__index, mt.__add, mt.__call, mt.__newindex = nil
end
local function eq(a, b) return a == b end local e1, e2 = setmetatable({}, mt), setmetatable({}, mt)
print(eq(e1, e2)) mt.__eq = function() return true end print(eq(e1, e2)) mt.__eq = nil print(eq(e1, e2))
rawset(mt, "__eq", function() return true end) print(eq(e1, e2)) setmetatable(e2, nil) print(eq(e1, e2)) setmetatable(e2, { __eq = mt.__eq }) print(eq(e1, e2))
for k in pairs(mt) do mt[k] = nil end print(eq(e1, e2), next(mt))
local shared = { __index = { v = 1 } } local a, b = setmetatable({}, shared), setmetatable({}, shared)
print(a.v, b.v) shared.__index = { v = 2 } print(a.v, b.v) setmetatable(a, nil) print(a.v, b.v) shared.__index = nil print(b.v)
local m2 = setmetatable({}, { __index = { __add = function() return "inherited" end } }) print(pcall(function() return setmetatable({}, m2) + 1 end))
local n = 0 for i = 1, 100 do if i == 50 then shared.__index = function() return 1 end end n = n + (b.v or 0) end print(n)
--> error	error	error	1
--> x1	add1	call1	set1
--> error	error	error	1
--> x2	add2	call2	set2
--> error	error	error	1
--> x3	add3	call3	set3
--> false
--> true
--> false
--> true
--> false
--> true
--> false	nil
--> 1	1
--> 2	2
--> nil	2
--> nil
--> false	nomm.lua:17: attempt to perform arithmetic on a table value
--> 51

-- __newindex: functions, tables, chains, existing keys, rawset.
local log = {}
local t = setmetatable({ old = 1 }, { __newindex = function(t, k, v) log[#log + 1] = tostring(k) .. "=" .. tostring(v) end })
t.old = 2 t.new = 3 t[1] = "one" t[1] = "again" t.new = nil
print(t.old, t.new, t[1], table.concat(log, " "))
rawset(t, "new", 5) t.new = 6 print(t.new, #log) t.new = nil t.new = 7 print(t.new, #log)
local store = {}
local p = setmetatable({}, { __newindex = store, __index = store }) p.x = 1 p[1] = "a" print(rawget(p, "x"), store.x, p.x, store[1], #p)
local chain = setmetatable({}, { __newindex = setmetatable({}, { __newindex = function(_, k, v) print("end of chain", k, v) end }) }) chain.k = "v"
print(pcall(function() setmetatable({}, { __newindex = 5 }).x = 1 end))
local loop = {} setmetatable(loop, { __newindex = loop }) print(pcall(function() loop.x = 1 end))
local ro = setmetatable({}, { __newindex = function(_, k) error("read only: " .. k, 2) end }) print(pcall(function() ro.x = 1 end))
print(pcall(function() ro[nil] = 1 end)) print(pcall(function() t[nil] = 1 end)) print(pcall(function() local u = setmetatable({}, { __newindex = {} }) u[nil] = 1 end))
local nk = setmetatable({}, { __newindex = function(_, k, v) print("nan or nil key", k ~= k, v) end }) nk[0 / 0] = "v"
debug.setmetatable(1, { __newindex = function(n, k, v) print(n, k, v) end }) local five = 5 five.x = "y" debug.setmetatable(1, nil)
local order = setmetatable({}, { __newindex = function(t, k, v) rawset(t, #t + 1, k) rawset(t, k, v) end }) order.c = 1 order.a = 2 order.b = 3 print(order[1], order[2], order[3], order.a)
local tbl = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, v * 2) end }) for i = 1, 5 do tbl[i] = i end print(table.concat(tbl, " "))
table.insert(tbl, 10) print(tbl[6]) 
local co = coroutine.wrap(function() local q = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, coroutine.yield(v)) end }) q.a = 1 q.b = 2 return q.a, q.b end) print(co()) print(co("A")) print(co("B"))
local first, second = setmetatable({}, { __newindex = function(_, k, v) io.write(k, v, " ") end }) first.a, first.b, first.c = 1, 2, 3 print()
--> 2	nil	nil	new=3 1=one 1=again new=nil
--> 6	4
--> nil	5
--> nil	1	1	a	0
--> end of chain	k	v
--> false	newindex.lua:10: attempt to index a number value
--> false	newindex.lua:11: loop in settable
--> false	newindex.lua:12: read only: x
--> false	newindex.lua:12: attempt to concatenate local 'k' (a nil value)
--> true
--> false	newindex.lua:13: table index is nil
--> nan or nil key	true	v
--> 5	x	y
--> c	a	b	2
--> 2 4 6 8 10
--> 10
--> 1
--> 2
--> A	B
--> c3 b2 a1 

-- __gc of proxies: order, resurrection, errors, at exit, set later.
-- modes: -gc-stress
local log = {} local function proxy(name) local p = newproxy(true) getmetatable(p).__gc = function(self) log[#log + 1] = name end return p end local function gone() for i = 1, 3 do proxy("p" .. i) end end gone() collectgarbage() collectgarbage() print(table.concat(log, " ")) log = {} local held = proxy "held" collectgarbage() print(#log) held = nil collectgarbage() collectgarbage() print(log[1]) local saved local function res() local p = newproxy(true) local mt = getmetatable(p) mt.data = "data" mt.__gc = function(self) saved = self log[#log + 1] = "resurrected" end end log = {} res() collectgarbage() collectgarbage() print(log[1], type(saved), getmetatable(saved).data) saved = nil collectgarbage() collectgarbage() print(#log) log = {} local function shared() local a = newproxy(true) getmetatable(a).__gc = function() log[#log + 1] = "shared" end local b, c = newproxy(a), newproxy(a) end shared() collectgarbage() collectgarbage() print(#log)
log = {} local function late() local p = newproxy(true) getmetatable(p).__index = function() end setmetatable({}, { __gc = function() log[#log + 1] = "table gc" end }) end late() collectgarbage() collectgarbage() print(#log) log = {} local function chain() local a = proxy "a" local b = proxy "b" getmetatable(a).ref = b getmetatable(b).ref = a end chain() collectgarbage() collectgarbage() collectgarbage() table.sort(log) print(table.concat(log, " ")) log = {} local function alloc() local p = newproxy(true) getmetatable(p).__gc = function() local t = {} for i = 1, 1000 do t[i] = { i } end log[#log + 1] = #t end end alloc() collectgarbage() collectgarbage() print(log[1]) local w = setmetatable({}, { __mode = "k" }) local function weak() local p = proxy "weak key" w[p] = "v" end log = {} weak() collectgarbage() collectgarbage() print(log[1], next(w)) for i = 1, 3 do _G["exit" .. i] = newproxy(true) getmetatable(_G["exit" .. i]).__gc = function() print("finalized at exit", i) end end print "end of program"
--> p3 p2 p1
--> 0
--> held
--> resurrected	userdata	data
--> 1
--> 3
--> 0
--> a b
--> 1000
--> weak key	nil
--> end of program
--> finalized at exit	3
--> finalized at exit	2
--> finalized at exit	1

-- __call: arguments, chains, methods, tail calls, every type.
local c = setmetatable({}, { __call = function(self, ...) return select("#", ...), ... end })
print(c()) print(c(1)) print(c(nil, nil)) print(c { 1 } == 1, c "s")
local inner = setmetatable({}, { __call = function(self, a, b) return "inner", type(a), b end })
local outer = setmetatable({}, { __call = inner }) print(pcall(outer, "x")) print(pcall(function() return outer("x") end))
local o3 = setmetatable({}, { __call = outer }) print(pcall(o3, "x"))
print(pcall(function() setmetatable({}, { __call = 5 })() end))
print(pcall(function() setmetatable({}, {})() end))
print(pcall(function() local t = {} t() end)) print(pcall(function() local t = { f = 1 } t.f() end)) print(pcall(function() local t = {} t:m() end))
print(pcall(function() nosuch() end)) print(pcall(function() ("x")() end)) print(pcall(function() (1)() end)) print(pcall(function() nosuch.x() end))
local obj = setmetatable({ n = 5 }, { __call = function(self, k) return self.n * k end, __index = { twice = c } }) print(obj(3), (select("#", obj:twice(1, 2))), (select(3, obj:twice(1, 2))))
print(pcall(c, 1, 2)) print(select("#", pcall(c))) print(xpcall(c, print, "a"))
local function tail(...) return c(...) end print(tail(1, 2, 3))
debug.setmetatable(1, { __call = function(n, x) return n + x end }) print((5)(6), pcall(7, 8)) debug.setmetatable(1, nil)
debug.setmetatable("", { __index = string, __call = function(s, ...) return s:format(...) end }) print(("%d-%d")(1, 2)) debug.setmetatable("", { __index = string })
debug.setmetatable(nil, { __call = function() return "nil called" end }) print((nil)(), undefinedthing()) debug.setmetatable(nil, nil)
local class = setmetatable({}, { __call = function(cls, v) return setmetatable({ v = v }, { __index = cls }) end }) function class:get() return self.v end print(class(42):get())
print(table.concat({ (setmetatable({}, { __call = function(_, ...) return ... end }))(1, 2, 3) }, ","))
table.sort({ 3, 1, 2 }, setmetatable({}, { __call = function(_, a, b) return a < b end }) and function(a, b) return a < b end)
local co = coroutine.wrap(setmetatable({}, { __call = function() return 1 end }) and function(...) return c(...) end) print(co("in", "co"))
print(pcall(string.gsub, "abc", ".", c)) print(pcall(coroutine.wrap, c))
--> 0
--> 1	1
--> 2	nil	nil
--> true	1	s
--> false	attempt to call a table value
--> false	call.lua:5: attempt to call upvalue 'outer' (a table value)
--> false	attempt to call a table value
--> false	call.lua:7: attempt to call a table value
--> false	call.lua:8: attempt to call a table value
--> false	call.lua:9: attempt to call local 't' (a table value)
--> false	call.lua:9: attempt to call field 'f' (a number value)
--> false	call.lua:9: attempt to call method 'm' (a nil value)
--> false	call.lua:10: attempt to call global 'nosuch' (a nil value)
--> false	call.lua:10: attempt to call a string value
--> false	call.lua:10: attempt to call a number value
--> false	call.lua:10: attempt to index global 'nosuch' (a nil value)
--> 15	4	1
--> true	2	1	2
--> 2
--> true	1	a
--> 3	1	2	3
--> 11	true	15
--> 1-2
--> nil called	nil called
--> 42
--> 1,2,3
--> 2	in	co
--> true	abc	3
--> false	bad argument #1 to '?' (function expected, got table)

-- Errors in coroutines: values, tracebacks of dead ones, wrap's propagation.
local co = coroutine.create(function() local function f() error "deep" end f() end)
print(coroutine.resume(co)) print(debug.traceback(co)) print(debug.traceback(co, "msg")) print(debug.traceback(co, nil, 1))
local w = coroutine.wrap(function() error "in wrap" end) print(pcall(w)) print(pcall(w))
w = coroutine.wrap(function() error({ t = 1 }) end) local _, e = pcall(w) print(type(e), e.t)
w = coroutine.wrap(function() error() end) print(pcall(w))
w = coroutine.wrap(function() coroutine.yield(1) error("later", 0) end) print(w()) print(pcall(w)) print(pcall(w))
local outer = coroutine.create(function() local inner = coroutine.wrap(function() error("from inner", 0) end) inner() end) print(coroutine.resume(outer)) print(coroutine.status(outer))
outer = coroutine.create(function() local inner = coroutine.wrap(function() error("caught", 0) end) local ok, m = pcall(inner) coroutine.yield(m) return "continued" end) print(coroutine.resume(outer)) print(coroutine.resume(outer))
co = coroutine.create(function() local ok, m = xpcall(function() coroutine.yield("in xpcall") error("E", 0) end, function(m) return m .. debug.traceback("", 1):gsub("\n.*", "") end) return ok, m end) print(coroutine.resume(co)) print(coroutine.resume(co))
co = coroutine.create(function() coroutine.yield(debug.traceback("inside")) end) print(select(2, coroutine.resume(co))) print(debug.traceback(co))
local function level() error("level 2", 2) end co = coroutine.create(function() level() end) print(coroutine.resume(co))
co = coroutine.create(function() return nosuch.field end) print(coroutine.resume(co)) co = coroutine.create(function() local t = setmetatable({}, { __index = function() error("mm", 0) end }) return t.x end) print(coroutine.resume(co))
--> false	errors.lua:2: deep
--> stack traceback:
--> 	[C]: in function 'error'
--> 	errors.lua:2: in function 'f'
--> 	errors.lua:2: in function <errors.lua:2>
--> msg
--> stack traceback:
--> 	[C]: in function 'error'
--> 	errors.lua:2: in function 'f'
--> 	errors.lua:2: in function <errors.lua:2>
--> nil
--> false	errors.lua:4: in wrap
--> false	cannot resume dead coroutine
--> table	1
--> false	nil
--> 1
--> false	later
--> false	cannot resume dead coroutine
--> false	errors.lua:8: from inner
--> dead
--> true	caught
--> true	continued
--> true	in xpcall
--> true	false	E
--> inside
--> stack traceback:
--> 	errors.lua:11: in function <errors.lua:11>
--> stack traceback:
--> 	[C]: in function 'yield'
--> 	errors.lua:11: in function <errors.lua:11>
--> false	errors.lua:12: level 2
--> false	errors.lua:13: attempt to index global 'nosuch' (a nil value)
--> false	mm

-- status seen from outside, inside and above; running; isyieldable; resuming oneself and dead ones.
print(coroutine.running(), coroutine.isyieldable())
local co co = coroutine.create(function() print(coroutine.status(co), coroutine.running() == co, coroutine.isyieldable()) 
  local inner = coroutine.create(function() print(coroutine.status(co)) print(coroutine.resume(co)) end) coroutine.resume(inner) print(coroutine.resume(co)) coroutine.yield() end)
coroutine.resume(co) print(coroutine.status(co)) coroutine.resume(co) print(coroutine.status(co), coroutine.resume(co))
local w w = coroutine.wrap(function() return pcall(w) end) print(w())
local list = {} local function nest(n) list[#list + 1] = coroutine.create(function() if n > 0 then nest(n - 1) end local s = {} for i, c in ipairs(list) do s[i] = coroutine.status(c) end return table.concat(s, " ") end) local ok, s = coroutine.resume(list[#list]) if n == 0 then print(ok, s) end return s end print(nest(3))
for i, c in ipairs(list) do io.write(coroutine.status(c), " ") end print()
local err = coroutine.create(function() error "x" end) coroutine.resume(err) print(coroutine.status(err), coroutine.resume(err))
local x = coroutine.create(function() end) print(coroutine.status(x), coroutine.resume(x), coroutine.status(x))
print(coroutine.wrap(function() return coroutine.isyieldable(), type(coroutine.running()) end)())
print(coroutine.wrap(function() return pcall(coroutine.isyieldable) end)())
local self = coroutine.wrap(function() local me = coroutine.running() return coroutine.status(me), pcall(coroutine.resume, me) end) print(self())
print(coroutine.resume(coroutine.create(function() return coroutine.resume(coroutine.running()) end)))
--> nil	false
--> running	true	true
--> normal
--> false	cannot resume running coroutine
--> false	cannot resume running coroutine
--> suspended
--> dead	false	cannot resume dead coroutine
--> false	cannot resume running coroutine
--> true	normal normal normal running
--> running dead dead dead
--> dead dead dead dead 
--> dead	false	cannot resume dead coroutine
--> suspended	true	dead
--> true	thread
--> true	true
--> running	true	false	cannot resume running coroutine
--> true	false	cannot resume running coroutine

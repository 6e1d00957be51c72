-- modes: -stripped -bytecode
-- jit.on, off and flush with functions, functions inside of them, and trace numbers, while what they are about runs.
local util = require "jit.util"
local function loop(n) local x = 0 for i = 1, n do x = x + i end return x end
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
jit.off(loop) print(loop(500)) jit.on(loop) print(loop(500)) jit.flush(loop) print(loop(500))
jit.off(fib) print(fib(15)) jit.on(fib) print(fib(15)) jit.flush(fib) print(fib(15))
local function outer() local function inner(n) local x = 0 for i = 1, n do x = x + i * 2 end return x end return inner, function(n) return inner(n) end end
local inner, call = outer()
jit.off(outer, true) print(call(300)) jit.on(outer, false) print(call(300)) jit.flush(outer, true) print(call(300))
-- From inside of the loop that is about to go.
local function own(what) local x = 0 for i = 1, 400 do x = x + i; if i == 200 then what() end end return x end
print(own(function() jit.flush() end)) print(own(function() jit.flush(own) end)) print(own(function() jit.off(own) end)) print(own(function() jit.on(own) end))
print(own(function() for i = 0, 20 do jit.flush(i) end end)) print(own(function() jit.flush() jit.flush() collectgarbage() end)) print(own(function() jit.off() end), jit.status() and 1 or 0) jit.on()
print(own(function() jit.off(true, true) end), own(function() jit.on(true, true) end))
-- Side traces whose root goes.
local function branchy(n) local a, b = 0, 0 for i = 1, n do if i % 3 == 0 then a = a + i else b = b + 1 end end return a, b end
print(branchy(500)) jit.flush(branchy) print(branchy(500)) for i = 1, 20 do jit.flush(i) end print(branchy(500))
-- Generic loops, and flushing between their rounds.
local t = {} for i = 1, 100 do t[i] = i end
local sum = 0 for round = 1, 20 do for _, v in ipairs(t) do sum = sum + v end for k, v in pairs(t) do sum = sum + k if k == 50 and round % 7 == 0 then jit.flush() end end end print(sum)
print(pcall(jit.flush, -1), pcall(jit.flush, 1e9), pcall(jit.flush, 1.5)) print(util.traceinfo(-1), util.traceinfo(0), util.traceinfo(1e6))
for i = -3, 3 do pcall(util.traceir, i, i) pcall(util.tracek, i, i) pcall(util.tracesnap, i, i) pcall(util.tracemc, i) pcall(util.traceexitstub, i, i) pcall(util.ircalladdr, i) end print "asked"
-- What is off is not compiled as a metamethod either.
local called = setmetatable({}, { __call = function(_, x) return x + 1 end }) jit.off(getmetatable(called).__call)
local stops = 0 local function watch(what) if what == "stop" then stops = stops + 1 end end jit.off(watch)
jit.attach(watch, "trace") local x = 0 for i = 1, 300 do x = called(x) end jit.attach(watch) print(x, stops)
--> 125250
--> 125250
--> 125250
--> 610
--> 610
--> 610
--> 90300
--> 90300
--> 90300
--> 80200
--> 80200
--> 80200
--> 80200
--> 80200
--> 80200
--> 80200	0
--> 80200	80200
--> 41583	334
--> 41583	334
--> 41583	334
--> 202000
--> true	true	true
--> nil	nil
--> asked
--> 300	0

-- Generators, producers and consumers, permutations, round-robin scheduling.
local yield, wrap = coroutine.yield, coroutine.wrap
local function tree(t) if t then tree(t[1]) yield(t.v) tree(t[2]) end end
local t = { { nil, nil, v = 1 }, { { nil, nil, v = 3 }, nil, v = 4 }, v = 2 } local out = {} for v in wrap(function() tree(t) end) do out[#out + 1] = v end print(table.concat(out, " "))
local function producer() return coroutine.create(function() for _, v in ipairs { "a", "b", "c" } do yield(v) end end) end
local function filter(p) return coroutine.create(function() local n = 1 while true do local _, v = coroutine.resume(p) if not v then return end yield(n .. v) n = n + 1 end end) end
local f = filter(producer()) while true do local _, v = coroutine.resume(f) if not v then break end io.write(v, " ") end print()
local function permgen(a, n) if n <= 1 then yield(table.concat(a)) else for i = 1, n do a[n], a[i] = a[i], a[n] permgen(a, n - 1) a[n], a[i] = a[i], a[n] end end end
for p in wrap(function() permgen({ 1, 2, 3 }, 3) end) do io.write(p, " ") end print()
local function sieve() local g = wrap(function() for n = 2, math.huge do yield(n) end end) return wrap(function() while true do local p = g() yield(p) local old = g g = wrap(function() while true do local n = old() if n % p ~= 0 then yield(n) end end end) end end) end
local s = sieve() for i = 1, 12 do io.write(s(), " ") end print()
local tasks, log = {}, {} for i = 1, 3 do tasks[i] = coroutine.create(function() for j = 1, i do log[#log + 1] = i .. "." .. j yield() end end) end
while #tasks > 0 do for i = #tasks, 1, -1 do coroutine.resume(tasks[i]) if coroutine.status(tasks[i]) == "dead" then table.remove(tasks, i) end end end print(table.concat(log, " "))
local ring, n = {}, 20 for i = 1, n do ring[i] = wrap(function(v) while true do v = yield(v + i) end end) end local v = 0 for round = 1, 10 do for i = 1, n do v = ring[i](v) end end print(v)
local function cat(...) local gs = { ... } return wrap(function() for _, g in ipairs(gs) do for x in g do yield(x) end end end) end
local function upto(k) return wrap(function() for i = 1, k do yield(i) end end) end for x in cat(upto(2), cat(upto(1), upto(3))) do io.write(x, " ") end print()
local depth = 0 local function deep(k) depth = depth + 1 if k > 0 then return wrap(function() return deep(k - 1) end)() end return depth end print(deep(60))
local many = {} for i = 1, 500 do many[i] = wrap(function() local a = i while true do a = a + yield(a) end end) many[i]() end local total = 0 for i = 1, 500 do total = total + many[i](1) end print(total)
--> 1 2 3 4
--> 1a 2b 3c 
--> 231 321 312 132 213 123 
--> 2 3 5 7 11 13 17 19 23 29 31 37 
--> 3.1 2.1 1.1 3.2 2.2 3.3
--> 2100
--> 1 2 1 1 2 3 
--> 61
--> 125750

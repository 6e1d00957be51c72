-- Deep nesting of resumes, deep recursion inside a coroutine, many live coroutines.
-- modes: -gc-stress
local function nest(n) if n == 0 then return 0 end return 1 + select(2, coroutine.resume(coroutine.create(nest), n - 1)) end print(nest(100))
local ok, e
local co = coroutine.create(function() local function r(n) if n == 0 then return 0 end return 1 + r(n - 1) end return r(10000) end) print(coroutine.resume(co))
co = coroutine.create(function() local function inf(n) return 1 + inf(n + 1) end return inf(1) end) ok, e = coroutine.resume(co) print(ok, e:match "stack overflow") print(coroutine.status(co))
print(select(2, pcall(function() local function inf() return 1 + inf() end return inf() end)):match "stack overflow")
local live = {} for i = 1, 2000 do live[i] = coroutine.create(function(a) local b = coroutine.yield(a) return a + b end) coroutine.resume(live[i], i) end
local sum = 0 for i = 1, 2000 do local _, v = coroutine.resume(live[i], 1) sum = sum + v end print(sum)
live = nil collectgarbage() local short = 0 for i = 1, 5000 do local c = coroutine.wrap(function(x) coroutine.yield(x) end) short = short + c(1) end print(short)
co = coroutine.create(function() local ok, e = pcall(function() local function inf() return 1 + inf() end return inf() end) coroutine.yield(ok, e:match "stack overflow") return "alive" end) print(coroutine.resume(co)) print(coroutine.resume(co))
--> 100
--> true	10000
--> false	stack overflow
--> dead
--> stack overflow
--> 2003000
--> 5000
--> true	false	stack overflow
--> true	alive

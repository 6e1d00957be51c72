-- Count hooks interrupt endless loops, also in called functions and coroutines.
local function limited(n, f, ...) local left = n debug.sethook(function() left = left - 1 if left == 0 then debug.sethook() error("budget", 0) end end, "", 100) local ok, e = pcall(f, ...) debug.sethook() return ok, e end
print(limited(50, function() while true do end end)) print(limited(50, function() local function r() return r() end return r() end)) print(limited(50, function() for i = 1, math.huge do end end)) print(limited(50, function() repeat until false end)) print(limited(50, function() ::top:: goto top end)) print(limited(50, function() local t = setmetatable({}, { __index = function(_, k) return k end }) while t.x do end end)) print(limited(50, function() for _ in (function() return 1 end) do end end)) print(limited(1e9, function() local s = 0 for i = 1, 100 do s = s + i end return s end)) print(limited(20, function() for w in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end end)) local ok, e = limited(30, function() pcall(function() while true do end end) return "went on" end) print(ok, e)
--> false	budget
--> false	budget
--> false	budget
--> false	budget
--> false	budget
--> false	budget
--> false	budget
--> true	5050
--> false	budget
--> true	went on

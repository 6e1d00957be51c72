local mt = { __index = function(_, k) return coroutine.yield(k) end, __add = function(a, b) return (coroutine.yield("add")) end }
local o = setmetatable({}, mt)
local co = coroutine.wrap(function() local s = 0 for i = 1, 100 do s = s + o["k" .. i] end return "done" .. s end)
local r = co() for i = 1, 100 do r = co(i) end print(r)
local ok = 0 local co2 = coroutine.wrap(function() for i = 1, 80 do local k, v = pcall(function() return o + i end) if k and v == i then ok = ok + 1 end end return "end" end)
r = co2() for i = 1, 80 do r = co2(i) end print(r, ok)
--> done5050
--> end	80

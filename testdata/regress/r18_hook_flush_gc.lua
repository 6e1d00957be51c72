-- hook that runs GC / flush / allocations at function return, around hot recursion
local function f(i) if i < 10 then f(i + 1) end return i end
for _ = 1, 60 do f(0) end
local n = 0
local function h() n = n + 1; if jit and jit.flush then jit.flush() end collectgarbage() local t = {} for i = 1, 60 do t["" .. i] = i end end
debug.sethook(h, "r") local r = f(10); r = f(3) debug.sethook()
print(r, n > 0)
--> 3	true

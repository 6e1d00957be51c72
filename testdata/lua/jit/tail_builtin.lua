-- A builtin in tail position, below a frame that compiled code cannot return to: it must run once.
local function put(t, x) return table.insert(t, x) end
local t = {}
local function many(t) put(t, 1) return 0 end
local n = 0
for i = 1, 100 do n = n + 1 pcall(put, t, i) end
for i = 1, 100 do many(t) end
local function prot(v) return setmetatable(v, {__metatable = 1}) end
local e = 0
for i = 1, 100 do if not pcall(prot, {}) then e = e + 1 end end
local co = coroutine.wrap(function() for i = 1, 100 do coroutine.yield(put(t, i)) end end)
for i = 1, 100 do co() end
local list = {}
for i = 1, 50 do list[i] = i % 7 end
table.sort(list, function(a, b) put(t, a) return a < b end)
local _ = ("x"):rep(100):gsub(".", function(c) return put(t, c) end)
print(#t, e)
--> 667	0

-- Builtins that compiled code calls as they are: results of any number, errors, collections, captured variables, stacks that move.
jit.opt.start("hotloop=2", "hotexit=2")
local s = 0
for i = 1, 60 do
  local a, b, c = ("a,b"):match("(%a),(%a)")
  s = s + #a + #b + (c and 1 or 0)
end
print(s)
local function count(...) return select("#", ...) end
s = 0
for i = 1, 60 do s = s + count(("abcdef"):byte(1, i % 8)) + count(("x y z"):match("(%a) (%a) (%a)")) + count(math.frexp(i)) end
print(s)
-- All results are passed on, into a table, a call, a return.
local function all(i) return ("abc"):byte(1, i % 4) end
local function tail(i) return string.format("%5d", i) end
s = 0
for i = 1, 60 do
  local t = { all(i) }
  s = s + #t + #tail(i) + math.max(1, all(i % 3 + 1))
end
print(s)
for i = 1, 60 do local t = { math.frexp(i), math.frexp(i) } s = s + #t end
print(s)
-- A collection in the midst of it: what only the loop holds survives.
local keep = { v = 0 }
for i = 1, 40 do
  local t = { i }
  local u = "u" .. i
  if i % 10 == 0 then collectgarbage() end
  keep = { v = keep.v + t[1] + #u }
end
print(keep.v)
-- Variables that others see.
local x = 1
local function bump() x = x + 1 end
for i = 1, 60 do
  local y = 5
  local function set() y = y + i end
  table.sort({ 2, 1 }, function(a, b) bump() set() return a < b end)
  x = x + y
end
print(x)
-- A stack that grows under the loop.
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
s = 0
for i = 1, 30 do
  ("x"):gsub("x", function() s = s + deep(i * 40) end)
  s = s + i
end
print(s)
-- Errors out of them.
for i = 1, 60 do
  local ok, m = pcall(function() return ("x"):rep(2, i == 50 and {} or ",") end)
  if not ok then print(i, m) end
end
local function risky(i) local r = string.format("%d %d", i, i == 45 and "no" or 1) return r end
local good = 0
for i = 1, 60 do if pcall(risky, i) then good = good + 1 end end
print(good)
print(pcall(function() for i = 1, 60 do string.format("%d", i == 50 and {} or i) end end))
print(select(2, xpcall(function() for i = 1, 60 do string.format("%d", i == 50 and {} or i) end end, function(m) return "H:" .. m end)))
-- They look at the frames.
local function line() return debug.getinfo(2, "l").currentline end
local lines = {}
for i = 1, 60 do lines[line()] = true end
local n = 0
for _ in pairs(lines) do n = n + 1 end
print(n)
local function where() local a = 7 local name, v = debug.getlocal(1, 1) return name .. v end
for i = 1, 60 do lines[i] = where() end
print(lines[60])
local levels = {}
for i = 1, 60 do levels[select(2, debug.traceback("t", 1):gsub("\n", "\n"))] = true end
n = 0
for _ in pairs(levels) do n = n + 1 end
print(n)
-- Iterators.
s = 0
for i = 1, 30 do for a, b in ("k=v, x=y"):gmatch("(%w+)=(%w+)") do s = s + #a + #b end end
print(s)
-- Coroutines end traces.
s = 0
local co = coroutine.wrap(function() for i = 1, 1000 do coroutine.yield(i) end end)
for i = 1, 100 do s = s + co() + #coroutine.status(coroutine.create(print)) end
print(s)
local function gen() for i = 1, 80 do coroutine.yield(("%5d"):format(i)) end end
for v in coroutine.wrap(gen) do s = s + #v end
print(s)
-- string.buffer
local b = require("string.buffer").new()
for i = 1, 60 do b:put("x", i):putf("%d", i) if i % 10 == 0 then s = s + #b b:reset() end end
print(s, tostring(b))
-- A string of a table without __tostring, load, print.
n = 0
for i = 1, 40 do n = n + #tostring({}):match("^table: ") + load("return " .. i)() end
print(n)
for i = 1, 5 do print(i, nil, "x", 1.5) end
-- Flushing and switching off while running.
for i = 1, 60 do if i % 20 == 0 then jit.flush() end s = s + #string.format("%3d", i) end
print(s)
--> 120
--> 499
--> 6270
--> 6450
--> 931
--> 2191
--> 19065
--> 50	bad argument #3 to '?' (string expected, got table)
--> 59
--> false	rec_call.lua:60: bad argument #2 to 'format' (number expected, got table)
--> H:rec_call.lua:61: bad argument #2 to 'format' (number expected, got table)
--> 1
--> a7
--> 1
--> 120
--> 5950
--> 6350
--> 6632	
--> 1100
--> 1	nil	x	1.5
--> 2	nil	x	1.5
--> 3	nil	x	1.5
--> 4	nil	x	1.5
--> 5	nil	x	1.5
--> 6812

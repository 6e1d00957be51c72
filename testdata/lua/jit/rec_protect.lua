-- pcall and xpcall in hot loops: results, errors at every depth, handlers, nesting.
jit.opt.start("hotloop=2", "hotexit=2")
local function add(a, b) return a + b end
local s = 0
for i = 1, 100 do local ok, v = pcall(add, i, 1) s = s + v + (ok and 1 or 0) end
print(s)
s = 0
for i = 1, 100 do local ok, a, b, c = pcall(function(...) return ... end, i, nil, 3) s = s + a + (b or 1) + c end
print(s)
local errors = {}
for i = 1, 100 do
  local ok, m = pcall(function(x) if x % 25 == 0 then error("e" .. x) end return x end, i)
  if not ok then errors[#errors + 1] = m:gsub("^.-:", "") end
end
print(table.concat(errors, " "))
errors = {}
for i = 1, 100 do
  local ok, m = pcall(add, i, i % 30 == 0 and {} or 1)
  if not ok then errors[#errors + 1] = m:gsub("^.-:", "") end
end
print(table.concat(errors, " "))
s = 0
for i = 1, 100 do
  local ok, m = xpcall(function(x, y) if i % 40 == 0 then error({ x + y }) end return x + y end, function(e) return e[1] * 1000 end, i, 1)
  s = s + m
end
print(s)
-- Nested, and errors that pass through.
s = 0
for i = 1, 100 do
  local ok, ok2, v = pcall(function()
    local ok, v = pcall(function() if i % 33 == 0 then error("in", 0) end return i end)
    if i % 50 == 0 then error("out", 0) end
    return ok, v
  end)
  s = s + (ok and 1 or 1000) + (type(v) == "number" and v or 10000)
end
print(s)
-- Builtins, other values.
s = 0
for i = 1, 100 do
  local ok, v = pcall(math.floor, i + 0.5)
  local ok2, w = pcall(string.rep, "x", i % 3)
  local ok3, m = pcall(string.rep)
  local ok4, m2 = pcall(i)
  s = s + v + #w + (ok3 and 1 or 2) + (ok4 and 1 or 3) + #m + #m2
end
print(s)
local callable = setmetatable({}, { __call = function(self, a) return a * 2 end })
for i = 1, 60 do local ok, v = pcall(callable, i) s = s + v end
print(s)
print(pcall(pcall)) print(pcall(pcall, error)) print(pcall(error)) print(select("#", pcall(error)))
-- Loops inside, returns of many, tail calls.
local function loop(n) local x = 0 for i = 1, n do x = x + i end return x, n, n end
for i = 1, 60 do local t = { pcall(loop, i) } s = s + #t + t[2] end
print(s)
local function tail(i) return pcall(add, i, 2) end
for i = 1, 60 do local ok, v = tail(i) s = s + v end
print(s)
-- The frames in between are those of the interpreter.
local depth = {}
for i = 1, 60 do
  pcall(function() depth[i] = select(2, debug.traceback():gsub("\n", "\n")) end)
end
print(depth[1] == depth[60], depth[59] == depth[2])
local lines = {}
for i = 1, 60 do
  local ok, m = pcall(function()
    local t = i ~= 55 and { x = 1 } or nil
    return t.x
  end)
  if not ok then print((m:gsub("^.-:", ""))) end
end
-- Yields across.
local co = coroutine.wrap(function()
  for i = 1, 60 do
    local ok, v = pcall(function(a) return coroutine.yield(a) end, i)
    s = s + (v or 0)
  end
  return "end"
end)
local r = co()
while r ~= "end" do r = co(r * 2) end
print(s)
--> 5250
--> 5450
--> 12: e25 12: e50 12: e75 12: e100
--> 3: attempt to perform arithmetic on local 'b' (a table value) 3: attempt to perform arithmetic on local 'b' (a table value) 3: attempt to perform arithmetic on local 'b' (a table value)
--> 127028
--> 56800
--> 14050
--> 17710
--> false	bad argument #1 to '?' (value expected)
--> true	false	nil
--> false	nil
--> 2
--> 55770
--> 57720
--> true	true
--> 70: attempt to index local 't' (a nil value)
--> 61380

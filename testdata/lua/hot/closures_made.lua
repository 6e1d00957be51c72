-- Closures made in hot loops: each with variables of its own, sharing variables, over parameters, nested; they live on.
local kept = {}
for i = 1, 300 do
  local n, step = i, i % 7
  kept[i] = function(d) n = n + d * step return n end
end
local sum = 0
for r = 1, 3 do for i = 1, 300 do sum = sum + kept[i](r) end end
print(sum)
-- Two closures and one variable; a third that captures what an outer one has.
local pairs_of = {}
for i = 1, 300 do
  local v = i
  local get, set = function() return v end, function(x) v = x end
  pairs_of[i] = { get = get, set = set, twice = function() set(get() * 2) return function() return get() + v end end }
end
sum = 0
for i = 1, 300 do
  pairs_of[i].set(i + 1)
  sum = sum + pairs_of[i].twice()() + pairs_of[i].get()
end
print(sum)
-- A variable outside the loop is open while the loop runs.
local counter = 0
local list = {}
for i = 1, 300 do
  local own = i
  list[i] = function() counter = counter + own return counter end
  if i % 3 == 0 then list[i]() end
end
for i = 1, 300, 50 do io.write(list[i](), " ") end
print(counter)
-- Functions that make closures: parameters, locals in any order, upvalues of upvalues.
local function maker(a, b, c)
  local z = a * 2
  local function first() return z + c end
  local function second(x) z = z + x c = c + 1 return first() + b end
  return second, first
end
sum = 0
local alive = {}
for i = 1, 300 do
  local s, f = maker(i, i + 1, i + 2)
  sum = sum + s(i) + f()
  if i % 10 == 0 then alive[#alive + 1] = s end
end
for _, s in ipairs(alive) do sum = sum + s(1) end
print(sum)
-- Without upvalues, with environment.
local env = setmetatable({}, { __index = _G })
local function inside()
  local fs = {}
  for i = 1, 200 do fs[i] = function() return mark end end
  return fs
end
setfenv(inside, env)
env.mark = "env"
local n = 0
for _, f in ipairs(inside()) do if f() == "env" and getfenv(f) == env then n = n + 1 end end
print(n)
-- In coroutines, whose stacks are not looked through yet when the first upvalue opens.
local total = 0
for i = 1, 100 do
  local co = coroutine.wrap(function(a)
    local acc = 0
    local fs = {}
    for k = 1, 20 do
      local q = k * a
      fs[k] = function() acc = acc + q return acc end
    end
    coroutine.yield(#fs)
    for k = 1, 20 do fs[k]() end
    return acc
  end)
  total = total + co(i) + co()
  if i % 25 == 0 then collectgarbage() end
end
print(total)
--> 144480
--> 272700
--> 15151 15202 15303 15454 15655 15906 15906
--> 431880
--> 200
--> 1062500

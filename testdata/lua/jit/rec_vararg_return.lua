-- Traces that begin in a vararg function and follow its return: callers, numbers of arguments and of results change.
jit.opt.start("hotloop=2", "hotexit=2")
local select, unpack = select, unpack or table.unpack

local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total
end
local s = 0
for i = 1, 60 do
  s = s + sum(i, 1, 2, 3)
  s = s + sum(i, 2) * 2
  s = s + sum(1, 2, 3, 4, 5, i)
end
print(s)

-- As many arguments as chance has it: the frame below is somewhere else each time.
s = 0
for i = 1, 200 do
  local t = {}
  for j = 1, i % 7 do t[j] = j * i end
  s = (s * 3 + sum(unpack(t))) % 1000003
end
print(s)

-- All results, some, none; too few of them.
local function several(n, ...)
  for i = 1, n do n = n + select("#", ...) end
  return n, ...
end
local function nothing(...) for i = 1, 3 do s = s + select("#", ...) end end
for i = 1, 80 do
  local a, b, c = several(i % 4, i, i + 1)
  local d = several(2, "x")
  local e = { several(3, a, b, c) }
  nothing(a, b)
  s = s + a + b + c + d + #e + select("#", several(i % 3, nil, nil))
  local f, g, h = several(1)
  assert(g == nil and h == nil)
  s = s + f
end
print(s)

-- A frame whose locals the caller keeps below it, and one that grows the stack.
local function deep(n, ...)
  local a, b, c = n, n * 2, n * 3
  local got = 0
  for i = 1, 4 do got = got + sum(a, b, c, ...) end
  if n > 0 then got = got + deep(n - 1, a, ...) end
  return got + a + b + c, n
end
s = 0
for i = 1, 30 do
  local x, y = deep(i % 9)
  s = s + x + y
end
print(s)

-- Variables of the function that closures keep.
local made = {}
local function keep(...)
  local n = 0
  for i = 1, 3 do n = n + i + select("#", ...) end
  made[#made + 1] = function() n = n + 1 return n end
  return n
end
s = 0
for i = 1, 40 do s = s + keep(i, i) + keep() end
for i = 1, #made do s = s + made[i]() + made[i]() end
print(s, #made)

-- Returns to what is no Lua function: pcall, a coroutine's end, sort's comparator, a metamethod's continuation.
local function less(...)
  local a, b = ...
  for i = 1, 2 do a, b = a + 1, b + 1 end
  return a < b
end
local mt = { __add = function(...) local n = 0 for i = 1, select("#", ...) do n = n + select(i, ...).v end return n end,
             __index = function(...) local k for i = 1, 2 do k = select(2, ...) end return k .. "!" end }
local a, b = setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt)
s = 0
for i = 1, 50 do
  local ok, v = pcall(sum, i, 1, 2)
  s = s + (ok and v or 0)
  s = s + coroutine.wrap(function(...) return sum(...) end)(i, i)
  s = s + coroutine.wrap(sum)(i, 3, 4)
  local t = { 3, 1, 2, i }
  table.sort(t, less)
  s = s + t[1] * 10 + t[4] + (a + b) + #a[("k"):rep(i % 3)]
end
print(s)

-- Errors after such returns: where they come from, and what the frames are.
local function fails(n, ...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total
end
for i = 1, 30 do
  local ok, message = pcall(function()
    local x = fails(1, i, 2) + fails(2, i)
    local y = fails(3, i, i % 10 == 9 and "z" or 4, 5)
    return x + y
  end)
  if not ok then print(i, (message:gsub("^.-:", ""))) end
end
--> 8820
--> 433988
--> 442348
--> 17774
--> 2400	80
--> 7629
--> 9	97: attempt to perform arithmetic on a string value
--> 19	97: attempt to perform arithmetic on a string value
--> 29	97: attempt to perform arithmetic on a string value

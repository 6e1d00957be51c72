-- Loops that lead to each other round and round, left at every place: by breaks, types, errors, yields, returns, limits, flushes.

-- Two loops in a third; which of them goes how often differs.
local function rounds(n, stop)
  local trail, a, b = {}, 0, 0
  local i = 0
  while i < n do
    local k = i % 7
    while k < 9 do
      a, k = a + k, k + 1
      if a == stop then return "inner", i, a, b, k end
    end
    for j = 1, i % 5 do
      b = b + j * 2
      if b == stop then return "second", i, a, b, j end
    end
    i = i + 1
    if i == stop then return "outer", i, a, b end
  end
  return "end", i, a, b
end
for _, stop in ipairs { -1, 1, 36, 77, 300, 501, 1000, 4996, 5040, 7000 } do print(rounds(400, stop)) end

-- Slots change their types on the way from loop to loop.
local function types(n)
  local x, s, seen = 1, 0, {}
  for i = 1, n do
    local j = 0
    while j < 4 do
      if type(x) == "number" then s = s + x else s = s + #x end
      j = j + 1
    end
    if i % 50 == 0 then x = "text" elseif i % 50 == 7 then x = 0.5 elseif i % 50 == 20 then x = { 1, 2, 3 } elseif i % 50 == 33 then x = 2 end
    repeat
      s = s + 1
    until s % 3 < 2
    seen[type(x)] = (seen[type(x)] or 0) + 1
  end
  return s, seen.number, seen.string, seen.table
end
print(types(600))

-- What the loops leave in the frame is there for whoever looks: errors, closures, coroutines.
local function checked(n, limit)
  local depth, total = 0, 0
  for i = 1, n do
    depth = i
    local k = i
    while k > 1 do
      k = k % 2 == 0 and k / 2 or 3 * k + 1
      total = total + 1
      if total > limit then error({ i, k, depth, total }) end
    end
    for j = i, i + 3 do total = total + (j - i) end
  end
  return total
end
print(checked(60, 1e9))
for _, limit in ipairs { 5, 500, 1999, 2000, 2001, 2500 } do
  local ok, e = pcall(checked, 200, limit)
  print(ok, e[1], e[2], e[3], e[4])
end

local walk = coroutine.wrap(function()
  local sum = 0
  for i = 1, 300 do
    local j = i
    while j > 0 do
      sum, j = sum + j, j - 3
      if sum % 1000 == 17 then coroutine.yield(i, j, sum) end
    end
    for k = 1, 3 do
      sum = sum + k
      if sum % 1000 == 18 then coroutine.yield(-i, k, sum) end
    end
  end
  return "done", sum
end)
local turns, check = 0, 0
while true do
  local i, j, sum = walk()
  if i == "done" then print(turns, check, j) break end
  turns, check = turns + 1, (check * 31 + i * 7 + j + sum) % 1000003
end

local made = {}
local function closures(n)
  local last
  for i = 1, n do
    local up = 0
    while up < i % 6 do up = up + 1 end
    if i % 40 == 0 then made[#made + 1] = function() up = up + i return up end end
    for j = 1, 3 do last = up * j end
  end
  return last
end
print(closures(400))
for _, f in ipairs(made) do io.write(f(), " ", f(), " ") end
print()

-- Loops of functions that call each other.
local function split(a, lo, hi)
  local i, j, pivot = lo, hi, a[math.floor((lo + hi) / 2)]
  while i <= j do
    while a[i] < pivot do i = i + 1 end
    while pivot < a[j] do j = j - 1 end
    if i <= j then
      a[i], a[j] = a[j], a[i]
      i, j = i + 1, j - 1
    end
  end
  return i, j
end
local function sort(a, lo, hi)
  while lo < hi do
    local i, j = split(a, lo, hi)
    if j - lo < hi - i then
      sort(a, lo, j)
      lo = i
    else
      sort(a, i, hi)
      hi = j
    end
  end
end
local seed, list = 42, {}
for i = 1, 900 do
  seed = (seed * 16807) % 2147483647
  list[i] = i % 90 == 0 and seed + 0.25 or seed
end
sort(list, 1, #list)
for i = 2, #list do assert(list[i - 1] <= list[i]) end
print(list[1], list[450], list[900])

-- An integer that becomes too large in one loop is a number in the other.
local function large(n)
  local x, y = 2147483000, 0
  for i = 1, n do
    local k = 0
    while k < 5 do x, k = x + 1, k + 1 end
    repeat y = y + x % 3 until y % 2 == 0 or y % 5 == 1
    if i % 100 == 0 then x = 2147483000 - i end
  end
  return x, y
end
print(large(450))

-- Compiled code is thrown away in the middle of it.
local function flushed(n)
  local s = 0
  for i = 1, n do
    local k = 0
    while k < 6 do
      s, k = s + k, k + 1
      if jit and i == 150 and k == 3 then jit.flush() end
    end
    for j = 1, 4 do
      s = s + j
      if jit and i == 220 and j == 2 then jit.flush() end
    end
  end
  return s
end
print(flushed(300), flushed(300))
--> end	400	12405	3200
--> inner	0	1	0	2
--> inner	0	36	0	9
--> inner	2	77	2	4
--> second	38	1225	300	3
--> end	400	12405	3200
--> inner	31	1000	240	8
--> end	400	12405	3200
--> end	400	12405	3200
--> end	400	12405	3200
--> 5821	366	78	156
--> 1817
--> false	2	1	2	7
--> false	27	1822	27	501
--> false	63	1132	63	2000
--> false	63	566	63	2001
--> false	63	283	63	2002
--> false	74	14	74	2501
--> 15	740227	1531950
--> 12
--> 44 84 82 162 120 240 164 324 202 402 240 480 284 564 322 642 360 720 404 804 
--> 705894	1004247301	2144075787
--> 2147482850	750
--> 7500	7500

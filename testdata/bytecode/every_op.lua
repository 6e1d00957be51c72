-- Compiles to every instruction that a dump can hold; the start of the bytecode fuzzer.
local a, b, c = 1, 2.5, "text"
local t = { 1, 2, "three", [0] = false, x = 1, y = { z = true }, [2.5] = -3, [-1] = "m" }
local e, n1, n2, n3 = {}, nil, nil, nil

local function compare(x, y, ...)
  if x < y then return 1 end
  if x <= y then return 2, ... end
  if not (x < y) then n1 = x end
  if not (x <= y) then n2 = y end
  if x == y or x == "s" or x == 7 or x == nil then return x, y end
  if x ~= y and x ~= "s" and x ~= 7 and x ~= true then n3 = "s" end
  if x == y then n1 = "e" end
  if x == "s" then n2 = 1.5 end
  if x == 7 then n3 = 7 end
  if x == nil then n3 = true end
  local z = x and y
  local first = x or y
  z = first or y
  z = z or x
  z = not z
  if z then return -x, #y end
  return x > y, x >= y
end

local function arith(x, y)
  x = x + y; x = x - y; x = x * y; x = x / y; x = x % y; x = x ^ y
  x = x + 1; x = x - 1; x = x * 3; x = x / 7; x = x % 11
  x = 1 + x; x = 1 - x; x = 3 * x; x = 7 / x; x = 11 % x
  return x .. y .. "end", -x
end

local function nothing(x) if x then return end t[x] = e[t[1]] end

local function calls(f, ...)
  f(); f(1); f(1, ...); f((...)); f(f(...))
  local p, q = f(1, 2)
  local r, s, u = ...
  local list = { f(), f, ... }
  local last = { 1, 2, f(p, q) }
  if p then return f(...) end
  if q then return f(1, 2) end
  if r then return p, f() end
  if s then return p, q, u, list, last end
  return (f(p)), ...
end

local function loops(limit)
  local sum, k = 0, 40000
  for i = 1, limit do sum = sum + i end
  for i = limit, 1, -1 do
    for _, v in ipairs(t) do sum = sum + (tonumber(v) or 0) end
    if i == 3 then break end
  end
  for key, v in pairs(t) do t[key] = v end
  for key in next, t do e[key] = true end
  while sum > k do sum = sum - 1000.5 end
  repeat local done = sum > 5; sum = sum + 1 until done
  ::again::
  if sum < 0 then goto again end
  return sum
end

local function closures(n)
  local counters = {}
  for i = 1, n do
    local count = i
    counters[i] = function(by)
      count = count + by
      n1 = "up"; n2 = 9.25; n3 = nil
      return function() return count, n, a end
    end
    if i > 5 then break end
  end
  do
    local hidden = n
    counters.last = function() hidden = hidden + 1; return hidden end
  end
  return counters
end

function Global(x)
  global = x
  t.name = x; t[x] = t.name; t[1] = t[2]
  return global
end

e.compare, e.arith, e.calls, e.loops, e.closures = compare, arith, calls, loops, closures
local ok, sum = pcall(loops, 6)
local made = closures(3)
made[1](2)()
made.last()
pcall(arith, 4, 3)
pcall(nothing, 1)
pcall(calls, function(...) return ... end, 1, 2)
return ok, sum, a, b, c, Global

-- bench: group=calls small=4200 tiny=1000
-- map, filter, fold, zip, memoize and sorting by key over lists: functions as values.
local rounds = tonumber(arg[1]) or 42000

local function map(list, f)
  local out = {}
  for i, v in ipairs(list) do out[i] = f(v, i) end
  return out
end

local function filter(list, keep)
  local out = {}
  for _, v in ipairs(list) do
    if keep(v) then out[#out + 1] = v end
  end
  return out
end

local function fold(list, f, acc)
  for _, v in ipairs(list) do acc = f(acc, v) end
  return acc
end

local function zip(a, b)
  local i = 0
  return function()
    i = i + 1
    local x, y = a[i], b[i]
    if x ~= nil and y ~= nil then return x, y end
  end
end

local function memoize(f)
  local cache = {}
  return function(x)
    local v = cache[x]
    if v == nil then
      v = f(x)
      cache[x] = v
    end
    return v
  end
end

local collatz = memoize(function(x)
  local steps = 0
  while x ~= 1 do
    if x % 2 == 0 then x = x / 2 else x = 3 * x + 1 end
    steps = steps + 1
  end
  return steps
end)

local list = {}
for i = 1, 300 do list[i] = (i * 7919) % 1009 + 1 end

local sum = 0
for round = 1, rounds do
  local shifted = map(list, function(v) return v + round % 5 end)
  local odd = filter(shifted, function(v) return v % 2 == 1 end)
  local steps = map(odd, collatz)
  sum = sum + fold(steps, function(a, b) return a + b end, 0)
  for x, y in zip(odd, steps) do
    if x < y then sum = sum + 1 end
  end
  sum = sum % 1000003
end
local result = string.format("%d", sum)

local expected = { [42000] = "528343", [4200] = "952837", [1000] = "988773" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

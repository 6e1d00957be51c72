-- bench: group=tables small=200000 tiny=28000
-- Heapsort of an array of numbers.
local n = tonumber(arg[1]) or 1300000

local function sift(a, root, last)
  local value = a[root]
  while true do
    local child = root * 2
    if child > last then break end
    if child < last and a[child] < a[child + 1] then child = child + 1 end
    if value >= a[child] then break end
    a[root] = a[child]
    root = child
  end
  a[root] = value
end

local function heapsort(a)
  local size = #a
  for i = math.floor(size / 2), 1, -1 do sift(a, i, size) end
  for last = size, 2, -1 do
    a[1], a[last] = a[last], a[1]
    sift(a, 1, last - 1)
  end
end

local seed = 42
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end

local a = {}
for i = 1, n do a[i] = random() end
heapsort(a)
for i = 1, n - 1 do assert(a[i] <= a[i + 1], "not sorted") end
local result = string.format("%.9f %.9f %.9f", a[1], a[math.floor(n / 2)], a[n])

local expected = { [1300000] = "0.000000033 0.499937092 0.999999667", [200000] = "0.000003638 0.499711086 0.999999667", [28000] = "0.000003638 0.497289800 0.999997731" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=tables small=300000 tiny=29000
-- Quicksort with a median-of-three pivot and insertion sort for short ranges, written in Lua.
local n = tonumber(arg[1]) or 2500000

local function insertion(a, low, high)
  for i = low + 1, high do
    local v, j = a[i], i - 1
    while j >= low and a[j] > v do
      a[j + 1] = a[j]
      j = j - 1
    end
    a[j + 1] = v
  end
end

local function quicksort(a, low, high)
  while high - low > 12 do
    local middle = math.floor((low + high) / 2)
    local x, y, z = a[low], a[middle], a[high]
    local pivot = math.max(math.min(x, y), math.min(math.max(x, y), z))
    local i, j = low, high
    repeat
      while a[i] < pivot do i = i + 1 end
      while a[j] > pivot do j = j - 1 end
      if i <= j then
        a[i], a[j] = a[j], a[i]
        i, j = i + 1, j - 1
      end
    until i > j
    if j - low < high - i then
      quicksort(a, low, j)
      low = i
    else
      quicksort(a, i, high)
      high = j
    end
  end
  insertion(a, low, high)
end

local seed = 1234
local a = {}
for i = 1, n do
  seed = (seed * 16807) % 2147483647
  a[i] = seed % 1000000
end
quicksort(a, 1, n)
local sum = 0
for i = 1, n do
  assert(i == 1 or a[i - 1] <= a[i], "not sorted")
  sum = (sum + i * a[i]) % 1000003
end
local result = string.format("%d", sum)

local expected = { [2500000] = "415787", [300000] = "135776", [29000] = "68239" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=tables small=40000 tiny=5000
-- table.sort with comparators: records by one field, by two, and descending numbers.
local n = tonumber(arg[1]) or 280000

local seed = 17
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit
end

local people, numbers = {}, {}
for i = 1, n do
  people[i] = { id = i, age = random(90), name = string.format("p%05d", random(100000)) }
  numbers[i] = random(1000000)
end

table.sort(numbers, function(a, b) return a > b end)
table.sort(people, function(a, b) return a.name < b.name or a.name == b.name and a.id < b.id end)
local first = people[1].name
table.sort(people, function(a, b)
  if a.age ~= b.age then return a.age < b.age end
  return a.id > b.id
end)

local sum = 0
for i = 2, n do
  assert(numbers[i - 1] >= numbers[i], "not sorted")
  sum = (sum + i * people[i].id + numbers[i]) % 1000003
end
local result = string.format("%d %s %s", sum, first, people[n].name)

local expected = { [280000] = "673812 p00000 p01006", [40000] = "844293 p00000 p01006", [5000] = "934786 p00016 p01006" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

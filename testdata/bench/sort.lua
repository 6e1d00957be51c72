-- bench: group=tables small=150000 tiny=15000
-- table.sort without a comparator: numbers and strings.
local n = tonumber(arg[1]) or 1300000

local seed = 99
local function random()
  seed = (seed * 16807) % 2147483647
  return seed
end

local numbers, words = {}, {}
for i = 1, n do numbers[i] = random() % 1000000 end
for i = 1, n / 4 do words[i] = string.format("%x-%d", random(), i % 10) end

table.sort(numbers)
table.sort(words)
local copy = {}
for i = 1, n do copy[i] = numbers[i] end
table.sort(copy)

local sum = 0
for i = 2, n do
  assert(numbers[i - 1] <= numbers[i], "not sorted")
  sum = (sum + i * copy[i]) % 1000003
end
for i = 2, #words do assert(words[i - 1] <= words[i], "not sorted") end
local result = string.format("%d %s %s", sum, words[1], words[#words])

local expected = { [1300000] = "809540 10002c44-8 fffe5c-9", [150000] = "370570 10009893-5 ffdc38d-3", [15000] = "847518 1001b9e0-5 ffa8fe2-8" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=tables small=9 tiny=2
-- The sieve of Eratosthenes over an array of booleans, from scratch in each round.
local rounds = tonumber(arg[1]) or 90

local limit = 400000
local count, last
for _ = 1, rounds do
  local composite = {}
  for i = 2, limit do composite[i] = false end
  count = 0
  for i = 2, limit do
    if not composite[i] then
      count, last = count + 1, i
      for k = i * i, limit, i do composite[k] = true end
    end
  end
end
local result = string.format("%d %d", count, last)

local expected = { [90] = "33860 399989", [9] = "33860 399989", [2] = "33860 399989" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

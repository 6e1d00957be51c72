-- bench: group=real small=180 tiny=11 needs=corpus
-- The Moses package: functional pipelines over orders and customers.
local rounds = tonumber(arg[1]) or 1800

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
package.path = corpus .. "/lua-moses/usr/share/lua/5.1/?.lua"

local M = require("moses")

local orders = {}
for i = 1, 400 do
  orders[i] = {
    id = i,
    customer = "c" .. i * 7 % 23,
    amount = i * 37 % 211,
    lines = M.map(M.range(1, i % 4 + 1), function(k) return { sku = "s" .. (i + k) % 17, count = k } end),
  }
end

local add = function(a, b) return a + b end

local sum = 0
for round = 1, rounds do
  local large = M.select(orders, function(o) return o.amount > 50 + round % 20 end)
  local by_customer = M.groupBy(large, function(o) return o.customer end)
  local totals = M.map(by_customer, function(list)
    return M.reduce(M.pluck(list, "amount"), add)
  end)
  local ranking = M.sortBy(M.kvpairs(totals), function(pair) return pair[2] * 100 + #pair[1] + tonumber(pair[1]:sub(2)) / 50 end)
  sum = sum + ranking[#ranking][2] + M.size(totals)

  local skus = M.flatten(M.map(large, function(o) return M.pluck(o.lines, "sku") end))
  local counts = M.countBy(skus, M.identity)
  local distinct = M.unique(skus)
  sum = sum + #distinct + M.max(M.values(counts)) + M.indexOf(distinct, skus[3])

  local numbers = M.range(1, 60)
  local squares = M.map(M.reject(numbers, function(v) return v % 3 == 0 end), function(v) return v * v end)
  local pairs_of = M.zip(squares, M.rest(squares, 2))
  local differences = M.map(pairs_of, function(p) return (p[2] or 0) - p[1] end)
  sum = sum + M.sum(differences) + M.mean(squares) % 7 + #M.intersection(squares, numbers)
  for chunk in M.partition(numbers, 7) do sum = sum + chunk[1] end

  local discount = M.compose(math.floor, M.partial(function(rate, v) return v * rate end, 0.75))
  local curried = M.curry(function(a, b, c) return a + b * c end, 3)
  local pipeline = M.juxtapose(orders[round % 400 + 1].amount, discount, curried(1)(2))
  sum = sum + pipeline
  local cloned = M.clone(orders[round % 400 + 1])
  sum = sum + (M.isEqual(cloned, orders[round % 400 + 1]) and 1 or 0) + #M.keys(M.pick(cloned, "id", "amount"))
  sum = sum % 1000003
end
local result = string.format("%.3f", sum)

local expected = { [1800] = "483684.000", [180] = "548422.000", [11] = "33523.500" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- Counts by key, with a total, and rankings.

local Counter = {}
Counter.__index = Counter

function Counter.new()
  return setmetatable({ counts = {}, total = 0 }, Counter)
end

function Counter:add(key, amount)
  amount = amount or 1
  self.counts[key] = (self.counts[key] or 0) + amount
  self.total = self.total + amount
end

function Counter:get(key)
  return self.counts[key] or 0
end

function Counter:size()
  local n = 0
  for _ in pairs(self.counts) do n = n + 1 end
  return n
end

-- The `limit` keys with the highest counts, as a list of { key, count }; equal counts in the order of keys.
function Counter:top(limit)
  local list = {}
  for key, count in pairs(self.counts) do list[#list + 1] = { key = key, count = count } end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.key < b.key
  end)
  for i = #list, (limit or #list) + 1, -1 do list[i] = nil end
  return list
end

-- The sum of two counters is a third.
function Counter.__add(a, b)
  local sum = Counter.new()
  for _, counter in ipairs({ a, b }) do
    for key, count in pairs(counter.counts) do sum:add(key, count) end
  end
  return sum
end

return Counter

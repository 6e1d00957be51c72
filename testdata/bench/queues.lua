-- bench: group=tables small=1200 tiny=230
-- Stacks and queues by table.insert and table.remove, concat, unpack, and iteration with pairs, ipairs and next.
local rounds = tonumber(arg[1]) or 12000

local unpack = table.unpack or unpack

local sum = 0
for round = 1, rounds do
  local stack = {}
  for i = 1, 500 do table.insert(stack, i * round % 97) end
  while #stack > 100 do
    local a, b = table.remove(stack), table.remove(stack)
    if a > b then table.insert(stack, a - b) end
  end

  local queue = {}
  for i = 1, 60 do table.insert(queue, 1, i) end
  for i = 1, 100 do
    local v = table.remove(queue, 1)
    queue[#queue + 1] = v + i % 3
    if i % 10 == 0 then table.insert(queue, 30, v) end
  end

  local set = {}
  for _, v in ipairs(stack) do set[v] = (set[v] or 0) + 1 end
  for k, v in pairs(set) do sum = sum + k * v end
  local key = next(set)
  while key ~= nil do
    local following = next(set, key)
    if set[key] > 1 then set[key] = nil end
    key = following
  end
  for _ in pairs(set) do sum = sum + 1 end

  local a, b, c, d = unpack(queue, 1, 4)
  sum = sum + a + b + c + d + #table.concat(queue, ",")
  sum = sum % 1000003
end
local result = string.format("%d", sum)

local expected = { [12000] = "519567", [1200] = "151918", [230] = "179243" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- bench: group=allocation small=400000 tiny=34000
-- Tables that grow: arrays by appending, hashes by number, string, float, boolean and table keys; deletion and reuse; weak keys.
local n = tonumber(arg[1]) or 3000000

local sum = 0

local squares, sparse, halves = {}, {}, {}
for i = 1, n do
  squares[#squares + 1] = i * i % 1009
  sparse[i * 7919 % 1000003] = i
  if i % 4 == 0 then halves[i / 8 + 0.5] = i end
end
for i = 1, n, 97 do sum = (sum + squares[i] + (sparse[i] or 0) + (halves[i + 0.5] or 0)) % 1000003 end

local backwards = {}
for i = n / 10, 1, -1 do backwards[i] = i % 3 == 0 end
local names = {}
for i = 1, n / 10 do names["name_" .. i] = backwards[i] end
for i = 1, n / 10, 2 do names["name_" .. i] = nil end
local left = 0
for _, value in pairs(names) do
  if value then left = left + 1 end
end

local nodes, index = {}, {}
for i = 1, n / 10 do
  local node = { i }
  nodes[i] = node
  index[node] = i
end
for i = 1, #nodes, 5 do sum = (sum + index[nodes[i]]) % 1000003 end

local registry = setmetatable({}, { __mode = "k" })
for i = 1, n / 10 do
  registry[{}] = i
  if i % 100 == 0 then registry[nodes[i]] = i end
end
collectgarbage()
local alive = 0
for _ in pairs(registry) do alive = alive + 1 end

for _ = 1, n / 20 do
  local small = {}
  for k = 1, 5 do small["k" .. k] = k end
  small.k3 = nil
  small.k6 = 6
  local count = 0
  for _, v in pairs(small) do count = count + v end
  sum = (sum + count) % 1000003
end
local result = string.format("%d %d %d", sum, left, alive)

local expected = { [3000000] = "426571 50000 3000", [400000] = "299318 6666 400", [34000] = "243494 566 34" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

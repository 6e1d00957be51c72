-- bench: group=tables small=12000 tiny=1500
-- Shortest paths over a graph of named nodes in tables, with a binary heap as the queue.
local n = tonumber(arg[1]) or 80000

local seed = 2024
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit + 1
end

local graph, names = {}, {}
for i = 1, n do
  names[i] = "city" .. i
  graph[names[i]] = {}
end
for i = 1, n do
  local edges = graph[names[i]]
  for _ = 1, 4 do edges[names[random(n)]] = random(100) end
  local following = names[i % n + 1]
  edges[following] = edges[following] or 90
end

local Heap = {}
Heap.__index = Heap

function Heap.new() return setmetatable({ size = 0 }, Heap) end

function Heap:push(item, key)
  self.size = self.size + 1
  local i = self.size
  while i > 1 do
    local parent = (i - i % 2) / 2
    if self[parent].key <= key then break end
    self[i] = self[parent]
    i = parent
  end
  self[i] = { item = item, key = key }
end

function Heap:pop()
  local top, last = self[1], self[self.size]
  self[self.size] = nil
  self.size = self.size - 1
  if self.size > 0 then
    local i = 1
    while true do
      local child = i * 2
      if child > self.size then break end
      if child < self.size and self[child + 1].key < self[child].key then child = child + 1 end
      if last.key <= self[child].key then break end
      self[i] = self[child]
      i = child
    end
    self[i] = last
  end
  return top.item, top.key
end

local function shortest(from)
  local distance, done, queue = { [from] = 0 }, {}, Heap.new()
  queue:push(from, 0)
  while queue.size > 0 do
    local node, d = queue:pop()
    if not done[node] then
      done[node] = true
      for to, length in pairs(graph[node]) do
        local through = d + length
        if not distance[to] or through < distance[to] then
          distance[to] = through
          queue:push(to, through)
        end
      end
    end
  end
  return distance
end

local sum, farthest = 0, 0
for i = 1, 4 do
  local distance = shortest(names[i])
  for _, name in ipairs(names) do
    local d = distance[name]
    sum = sum + d
    if d > farthest then farthest = d end
  end
end
local result = string.format("%d %d", sum, farthest)

local expected = { [80000] = "96201565 558", [12000] = "12044265 469", [1500] = "1242384 379" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=tables small=150000 tiny=10000
-- A least-recently-used cache: hash lookups, insertions and deletions, a doubly linked list.
local n = tonumber(arg[1]) or 1500000

local Cache = {}
Cache.__index = Cache

function Cache.new(capacity)
  local head, tail = {}, {}
  head.next, tail.previous = tail, head
  return setmetatable({ capacity = capacity, size = 0, nodes = {}, head = head, tail = tail }, Cache)
end

local function unlink(node)
  node.previous.next = node.next
  node.next.previous = node.previous
end

function Cache:to_front(node)
  local first = self.head.next
  node.previous, node.next = self.head, first
  self.head.next, first.previous = node, node
end

function Cache:get(key)
  local node = self.nodes[key]
  if not node then return nil end
  unlink(node)
  self:to_front(node)
  return node.value
end

function Cache:put(key, value)
  local node = self.nodes[key]
  if node then
    unlink(node)
    node.value = value
  else
    if self.size == self.capacity then
      local oldest = self.tail.previous
      unlink(oldest)
      self.nodes[oldest.key] = nil
      self.size = self.size - 1
    end
    node = { key = key, value = value }
    self.nodes[key] = node
    self.size = self.size + 1
  end
  self:to_front(node)
end

local seed = 5
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit
end

local numbers, words = Cache.new(1000), Cache.new(500)
local keys = {}
for i = 0, 899 do keys[i] = "key" .. i end

local hits, misses = 0, 0
for i = 1, n do
  local k = random(60) * random(60)
  if numbers:get(k) then
    hits = hits + 1
  else
    misses = misses + 1
    numbers:put(k, i)
  end
  local word = keys[random(900)]
  local value = words:get(word)
  if value then hits = hits + 1 else misses = misses + 1 end
  words:put(word, (value or 0) + 1)
end
local result = string.format("%d %d %d %d", hits, misses, numbers.size, words.size)

local expected = { [1500000] = "2252345 747655 1000 500", [150000] = "224258 75742 1000 500", [10000] = "14077 5923 1000 500" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

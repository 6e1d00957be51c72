-- bench: group=allocation small=17 tiny=2
-- Singly linked lists: build, reverse, insert in order, merge sort, discard.
local rounds = tonumber(arg[1]) or 170

local seed = 42
local function random(limit)
  seed = (seed * 3877 + 29573) % 139968
  return seed % limit
end

local function build(size)
  local list = nil
  for _ = 1, size do list = { value = random(100000), next = list } end
  return list
end

local function reverse(list)
  local previous = nil
  while list do
    local following = list.next
    list.next = previous
    previous, list = list, following
  end
  return previous
end

local function merge(a, b)
  local head = { next = nil }
  local tail = head
  while a and b do
    if b.value < a.value then
      tail.next, b = b, b.next
    else
      tail.next, a = a, a.next
    end
    tail = tail.next
  end
  tail.next = a or b
  return head.next
end

local function sort(list)
  if not list or not list.next then return list end
  local slow, fast = list, list.next
  while fast and fast.next do
    slow, fast = slow.next, fast.next.next
  end
  local half = slow.next
  slow.next = nil
  return merge(sort(list), sort(half))
end

local function map(list, f)
  if not list then return nil end
  return { value = f(list.value), next = map(list.next, f) }
end

local sum = 0
for round = 1, rounds do
  local list = sort(reverse(build(10000)))
  local short = build(200)
  local doubled = map(short, function(v) return v * 2 end)
  local position, node = 0, list
  while node do
    position = position + 1
    if position % 100 == 0 then sum = (sum + node.value * round) % 1000003 end
    assert(not node.next or node.value <= node.next.value)
    node = node.next
  end
  sum = (sum + doubled.value) % 1000003
end
local result = string.format("%d", sum)

local expected = { [170] = "438258", [17] = "413045", [2] = "827468" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

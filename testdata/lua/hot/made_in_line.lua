-- Objects of each kind that compiled code makes itself, in hot loops that keep them: copies of constructors, empty tables that get keys, closures
-- with variables of their own. What is stored into old tables must live; chains of strings in large tables are followed.
local N = 240
local kept = {}

-- Constructors with constants, with room for what follows, with both parts, with keys that are no strings, with more than fits.
local function point(x, y, z) return { x = x, y = y, z = z } end
local function named(i) return { kind = "named", n = i, 1, 2, i } end
local function wide(i)
  return { a = 1, b = 2, c = i, d = 4, e = 5, f = 6, g = i + 1, h = 8, i = 9, j = 10, k = i, l = 12 }
end
local function mixed(i) return { [true] = i, [2.5] = "x", s = i } end
local function list(i) return { 10, 20, i, 40 } end
local function long(i) return { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, i, 12 } end
local function holes(i) return { nil, 7, nil, i, last = nil } end
local makers = { point, named, wide, mixed, list, long, holes }
for m = 1, #makers do
  local make, of = makers[m], {}
  for i = 1, N do of[i] = make(i, i * 2, i * 3) end
  kept[m] = of
end
local sum = 0
for i = 1, N do
  local p, q, w = kept[1][i], kept[2][i], kept[3][i]
  sum = sum + p.x + p.y + p.z + q.n + #q + q[3] + w.c + w.g + w.l + w.k
  local x, l, o, h = kept[4][i], kept[5][i], kept[6][i], kept[7][i]
  sum = sum + x[true] + #x[2.5] + x.s + l[3] + #l + o[11] + #o + h[2] + h[4] + (h.last or 1) + (h[1] or 1)
end
print(sum)

-- The copy's keys are where the template has them, until it gets one more: then the part grows.
local grown = {}
for i = 1, N do
  local t = { one = i, two = i + 1 }
  t.two = t.two + t.one
  t.three = t.two
  t.one = t.three - i
  t.four, t.five = t.one, i
  grown[i] = t
end
sum = 0
for i = 1, N do
  local t = grown[i]
  sum = sum + t.one + t.two * 2 + t.three * 3 + t.four * 5 + t.five * 7
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  assert(n == 5)
end
print(sum)

-- Two functions whose contents are equal but for a place that is kept for a key.
local function with(i) local t = { p = 1, q = nil } t.q = i return t end
local function without(i) local t = { p = 1 } t.q = i return t end
sum = 0
for i = 1, N do sum = sum + with(i).q - without(i * 2).q + with(i).p + without(i).p end
print(sum)

-- Empty tables of several sizes, with keys that come in another order now and then.
local built = {}
for i = 1, N do
  local t = {}
  if i % 16 == 0 then t.v, t.u = i, -i else t.u, t.v = -i, i end
  t[1], t[2] = i, t
  t.w = t[2]
  built[i] = t
end
sum = 0
for i = 1, N do sum = sum + built[i].v * 2 + built[i].u + built[i].w[1] end
print(sum)

-- Young tables in old ones: the store must be seen by a collector that has been there.
local old = { head = false, count = 0 }
for i = 1, N do
  old.head = { next = old.head, value = { i } }
  old.count = old.count + 1
  if i % 60 == 0 then collectgarbage("step") end
end
sum = 0
local node = old.head
while node do sum = sum + node.value[1] node = node.next end
print(sum, old.count)

-- Closures: no variable, the parent's, own ones, more than four, one that an earlier closure captured, over an open one above.
local fs = {}
for i = 1, N do
  local a, b, c = i, i + 1, i + 2
  local d, e, f = 1, 2, 3
  fs[#fs + 1] = function() return N end
  fs[#fs + 1] = function() a = a + 1 return a end
  fs[#fs + 1] = function() return a + b + c end
  fs[#fs + 1] = function() c = c + 1 return a + b + c + d + e + f end
  fs[#fs + 1] = (function() local up = i return function() up = up + N return up end end)()
end
sum = 0
for r = 1, 2 do for i = 1, #fs do sum = sum + fs[i]() end end
print(sum)

-- Recursion keeps variables of frames below open while closures of frames above are made.
local function nest(depth, outer)
  local own = depth
  local function get() own = own + 1 return own + outer() end
  if depth == 0 then return get() end
  return nest(depth - 1, get) + own
end
sum = 0
for i = 1, 60 do sum = sum + nest(i % 9, function() return i end) end
print(sum)

-- Coroutines have open variables of their own.
sum = 0
for i = 1, 40 do
  local co = coroutine.wrap(function()
    local v = i
    for k = 1, 12 do
      local w = k
      local f = function() v = v + w return v end
      coroutine.yield(f)
    end
  end)
  for _ = 1, 12 do sum = sum + co()() end
end
print(sum)

-- Strings in large tables: present, absent, removed, put back.
local words, found = {}, 0
for i = 1, 3 * N do words["w" .. i] = i end
for i = 1, 3 * N, 3 do words["w" .. i] = nil end
for r = 1, 3 do
  for i = 1, 4 * N do
    local w = words["w" .. i]
    if w then found = found + w else found = found - 1 end
  end
  words["w" .. r * 3 - 2] = -r
end
print(found)

-- Keys of one table that is no record any more.
local bag = { size = 0 }
for i = 1, N do bag[i * 1.5] = i bag.size = bag.size + 1 end
bag.other, bag.third = 1, 2
for i = 1, N do bag.size = bag.size + bag.third - bag.other + (bag.missing or 0) end
print(bag.size)
--> 472800
--> 667800
--> -28440
--> 57840
--> 28920	240
--> 759600
--> 3916
--> 24400
--> 518399
--> 480

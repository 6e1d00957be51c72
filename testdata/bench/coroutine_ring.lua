-- bench: group=calls small=3500 tiny=270
-- A token handed round a ring of coroutines, and a pipeline of generators.
local rounds = tonumber(arg[1]) or 32000

local ring = {}
for i = 1, 503 do
  ring[i] = coroutine.create(function(token)
    local seen = 0
    while true do
      seen = seen + 1
      token = coroutine.yield(token + i % 3, seen)
    end
  end)
end

local token, laps = 0, 0
for _ = 1, rounds do
  for i = 1, #ring do
    local ok
    ok, token, laps = coroutine.resume(ring[i], token)
    assert(ok, token)
  end
end

local function numbers(limit)
  return coroutine.wrap(function()
    for i = 2, limit do coroutine.yield(i) end
  end)
end

local function without_multiples(source, p)
  return coroutine.wrap(function()
    for v in source do
      if v % p ~= 0 then coroutine.yield(v) end
    end
  end)
end

local primes, last = 0, 0
local source = numbers(rounds * 5)
while true do
  local p = source()
  if not p then break end
  primes, last = primes + 1, p
  if p * p <= rounds * 5 then source = without_multiples(source, p) end
end

local function walk(tree)
  if tree then
    walk(tree.left)
    coroutine.yield(tree.key)
    walk(tree.right)
  end
end

local function build(from, to)
  if from > to then return nil end
  local middle = math.floor((from + to) / 2)
  return { key = middle, left = build(from, middle - 1), right = build(middle + 1, to) }
end

local tree, keys = build(1, 1023), 0
for i = 1, rounds / 10 do
  for key in coroutine.wrap(function() walk(tree) end) do
    keys = (keys + key * i) % 1000003
  end
end

local result = string.format("%d %d %d %d %d", token, laps, primes, last, keys)

local expected = { [32000] = "16128000 32000 14683 159979 113911", [3500] = "1764000 3500 2014 17497 844284", [270] = "136080 270 217 1327 986737" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

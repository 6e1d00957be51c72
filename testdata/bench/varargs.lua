-- bench: group=calls small=400000 tiny=37000
-- Variable arguments: forwarding, select, packing and unpacking.
local n = tonumber(arg[1]) or 4000000

local unpack = table.unpack or unpack

local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do
    total = total + (select(i, ...))
  end
  return total
end

local function largest(first, ...)
  if select("#", ...) == 0 then return first end
  local best = first
  for _, v in ipairs({ ... }) do
    if v > best then best = v end
  end
  return best
end

local function bind(f, ...)
  local bound, count = { ... }, select("#", ...)
  return function(...)
    local args = { unpack(bound, 1, count) }
    for i = 1, select("#", ...) do
      args[count + i] = (select(i, ...))
    end
    return f(unpack(args))
  end
end

local function forward(f, ...)
  return f(...)
end

local function rotate(a, b, c, ...)
  return b, c, a, ...
end

local total = 0
local bound = bind(sum, 1, 2)
for i = 1, n do
  total = total + sum(i, 1, 2, 3)
  total = total + forward(largest, 3, i % 7, 5)
  total = total + sum(rotate(i, 2, 3, 4))
  if i % 4 == 0 then total = total + bound(i, 3) end
  total = total % 1000003
end
local result = string.format("%d", total)

local expected = { [4000000] = "571314", [400000] = "717119", [37000] = "976665" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=allocation small=14
-- Many short-lived binary trees beside a long-lived one.
local depth = tonumber(arg[1]) or 17

local function bottom_up(d)
  if d == 0 then return {} end
  return { bottom_up(d - 1), bottom_up(d - 1) }
end

local function count(tree)
  if tree[1] then return 1 + count(tree[1]) + count(tree[2]) end
  return 1
end

local long_lived = bottom_up(depth)
local parts = { count(bottom_up(depth + 1)) }
for d = 4, depth, 4 do
  local trees = 2 ^ (depth - d + 4)
  local nodes = 0
  for _ = 1, trees do nodes = nodes + count(bottom_up(d)) end
  parts[#parts + 1] = nodes
end
parts[#parts + 1] = count(long_lived)
local result = table.concat(parts, " ")

local expected = { [17] = "524287 4063232 4186112 4193792 4194272 262143", [14] = "65535 507904 523264 524224 32767" }
assert(result == (expected[depth] or result), "wrong result: " .. result)
print(result)

-- bench: group=allocation small=13 tiny=11
-- Many short-lived binary trees beside a long-lived one.
local depth = tonumber(arg[1]) or 16

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

local expected = { [16] = "262143 2031616 2093056 2096896 2097136 131071", [13] = "32767 253952 261632 262112 16383", [11] = "8191 63488 65408 4095" }
assert(result == (expected[depth] or result), "wrong result: " .. result)
print(result)

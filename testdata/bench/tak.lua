-- bench: group=calls small=3 tiny=1
-- Takeuchi's function: calls as arguments of calls. Global functions, as scripts often have them.
local n = tonumber(arg[1]) or 35

function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end

local sum = 0
for i = 1, n do
  sum = sum + tak(24, 16 - i % 3, 8 - i % 2)
end
local result = string.format("%d", sum)

local expected = { [35] = "375", [3] = "32", [1] = "15" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=calls small=5 tiny=3
-- Ackermann's function, repeatedly: deep recursion with tail calls.
local n = tonumber(arg[1]) or 50

local function ack(m, k)
  if m == 0 then return k + 1 end
  if k == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, k - 1))
end

local sum = 0
for i = 1, n do
  sum = sum + ack(3, 8 - i % 2)
end
local result = string.format("%d", sum)

local expected = { [50] = "76650", [5] = "7153", [3] = "4087" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

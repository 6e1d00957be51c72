-- bench: group=calls small=1200 tiny=55
-- A circuit simulator on booleans: gates as functions, adders, a multiplexer, defaults with `and` and `or`.
local rounds = tonumber(arg[1]) or 12000

local function nand(a, b) return not (a and b) end
local function xor(a, b) return (a or b) and not (a and b) end
local function implies(a, b) return not a or b end
local function mux(select, a, b) return select and a or not select and b end
local function majority(a, b, c) return a and b or b and c or a and c end

local function half_adder(a, b) return xor(a, b), a and b end

local function full_adder(a, b, carry)
  local sum, first = half_adder(a, b)
  local total, second = half_adder(sum, carry)
  return total, first or second
end

local function bits(n, width)
  local out = {}
  for i = 1, width do
    local bit = n % 2
    out[i] = bit == 1
    n = (n - bit) / 2
  end
  return out
end

local function number(list)
  local n = 0
  for i = #list, 1, -1 do n = n * 2 + (list[i] and 1 or 0) end
  return n
end

local function add(a, b)
  local out, carry = {}, false
  for i = 1, #a do out[i], carry = full_adder(a[i], b[i], carry) end
  out[#out + 1] = carry
  return out
end

local function setting(options, name)
  local value = options and options[name]
  if value == nil then value = name == "wide" end
  return value
end

local settings = { { wide = false }, { wide = true, fast = false }, {}, false }
local sum, votes = 0, 0
for round = 1, rounds do
  for n = 1, 50 do
    local a, b = n * round % 256, (n + round * 7) % 256
    local total = number(add(bits(a, 8), bits(b, 8)))
    assert(total == a + b)
    sum = (sum + total) % 1000003
    local p, q, r = a % 2 == 0, b > 100, total > 255
    if nand(p, q) == implies(p, not q) then votes = votes + 1 end
    if majority(p, q, r) ~= mux(p, q or r, q and r) then votes = votes + 1000 end
    local chosen = settings[n % 4 + 1]
    if setting(chosen, "wide") and not setting(chosen, "fast") then votes = votes + 2 end
    votes = votes % 1000003
  end
end
local result = string.format("%d %d", sum, votes)

local expected = { [12000] = "286664 223997", [1200] = "219323 122400", [55] = "646481 5610" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

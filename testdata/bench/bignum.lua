-- bench: group=numeric small=380 tiny=105
-- Digits of pi and factorials with arbitrary-precision integers kept in arrays of base 10^7.
local digits = tonumber(arg[1]) or 1200

local BASE = 10000000
local floor = math.floor

local function from_number(n)
  local out = {}
  repeat
    out[#out + 1] = n % BASE
    n = floor(n / BASE)
  until n == 0
  return out
end

local function compare(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  for i = #a, 1, -1 do
    if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end
  end
  return 0
end

local function add(a, b)
  local out, carry = {}, 0
  for i = 1, math.max(#a, #b) do
    local s = (a[i] or 0) + (b[i] or 0) + carry
    if s >= BASE then
      out[i], carry = s - BASE, 1
    else
      out[i], carry = s, 0
    end
  end
  if carry > 0 then out[#out + 1] = carry end
  return out
end

local function trim(a)
  while #a > 1 and a[#a] == 0 do a[#a] = nil end
  return a
end

local function subtract(a, b)
  local out, borrow = {}, 0
  for i = 1, #a do
    local d = a[i] - (b[i] or 0) - borrow
    if d < 0 then
      out[i], borrow = d + BASE, 1
    else
      out[i], borrow = d, 0
    end
  end
  return trim(out)
end

local function scale(a, n)
  local out, carry = {}, 0
  for i = 1, #a do
    local p = a[i] * n + carry
    carry = floor(p / BASE)
    out[i] = p - carry * BASE
  end
  while carry > 0 do
    out[#out + 1] = carry % BASE
    carry = floor(carry / BASE)
  end
  return trim(out)
end

local function multiply(a, b)
  local out = {}
  for i = 1, #a + #b do out[i] = 0 end
  for i = 1, #a do
    local carry, ai = 0, a[i]
    for j = 1, #b do
      local p = out[i + j - 1] + ai * b[j] + carry
      carry = floor(p / BASE)
      out[i + j - 1] = p - carry * BASE
    end
    out[i + #b] = carry
  end
  return trim(out)
end

local function digit_of_quotient(a, b)
  local low, high = 0, 9
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if compare(scale(b, middle), a) <= 0 then low = middle else high = middle - 1 end
  end
  return low
end

local function text(a)
  local out = { string.format("%d", a[#a]) }
  for i = #a - 1, 1, -1 do out[#out + 1] = string.format("%07d", a[i]) end
  return table.concat(out)
end

-- Gibbons' spigot: pi lies between low / t and (low + q) / t.
local function pi(count)
  local out = {}
  local q, low, t, k = { 1 }, { 3 }, { 1 }, 0
  while #out < count do
    k = k + 1
    local odd = 2 * k + 1
    low = add(scale(low, odd), scale(q, k - 1))
    t = scale(t, odd)
    q = scale(q, k)
    local d = digit_of_quotient(low, t)
    local rest = subtract(low, scale(t, d))
    if compare(add(rest, q), t) < 0 then
      out[#out + 1] = d
      low = scale(rest, 10)
      q = scale(q, 10)
    end
  end
  return table.concat(out)
end

local shown = pi(digits)
assert(shown:sub(1, 20) == "31415926535897932384", shown)

local factorial = { 1 }
for i = 1, digits do factorial = scale(factorial, i) end
local square = multiply(factorial, factorial)
assert(compare(square, factorial) > 0)
local long = text(square)
local result = string.format("%s %d %s", shown:sub(-10), #long, long:sub(1, 12))

local expected = { [1200] = "0984882401 6352 403325220192", [380] = "5488204665 1634 891007023146", [105] = "1706798214 337 116941894873" }
assert(result == (expected[digits] or result), "wrong result: " .. result)
print(result)

-- bench: group=numeric small=120000 tiny=36000
-- Date and number formulas: division, modulo with constants on either side, powers, negation, floor, min and max.
local n = tonumber(arg[1]) or 1200000

local floor, abs, min, max = math.floor, math.abs, math.min, math.max

local function from_date(year, month, day)
  local a = floor((14 - month) / 12)
  local y, m = year + 4800 - a, month + 12 * a - 3
  return day + floor((153 * m + 2) / 5) + 365 * y + floor(y / 4) - floor(y / 100) + floor(y / 400) - 32045
end

local function to_date(jdn)
  local a = jdn + 32044
  local b = floor((4 * a + 3) / 146097)
  local c = a - floor(146097 * b / 4)
  local d = floor((4 * c + 3) / 1461)
  local e = c - floor(1461 * d / 4)
  local m = floor((5 * e + 2) / 153)
  return 100 * b + d - 4800 + floor(m / 10), m + 3 - 12 * floor(m / 10), e - floor((153 * m + 2) / 5) + 1
end

local function easter(year)
  local a, b, c = year % 19, floor(year / 100), year % 100
  local h = (19 * a + b - floor(b / 4) - floor((b - floor((b + 8) / 25) + 1) / 3) + 15) % 30
  local l = (32 + 2 * (b % 4) + 2 * floor(c / 4) - h - c % 4) % 7
  local m = floor((a + 11 * h + 22 * l) / 451)
  local k = h + l - 7 * m + 114
  return floor(k / 31), k % 31 + 1
end

local function interest(principal, percent, years)
  local growth = (1 + percent / 100) ^ years
  return -principal + principal * growth, 1 / growth
end

local function power_mod(base, exponent, modulus)
  local r = 1
  while exponent > 0 do
    if exponent % 2 == 1 then r = r * base % modulus end
    base = base * base % modulus
    exponent = (exponent - exponent % 2) / 2
  end
  return r
end

local sum, gain = 0, 0
for i = 1, n do
  local day = 2400000 + i
  local y, m, d = to_date(day)
  assert(from_date(y, m, d) == day)
  local em, ed = easter(y)
  sum = sum + (from_date(y, em, ed) - day) % 7 + 1000 % (i % 30 + 7) - (0 - i) % 11
  sum = (sum + max(d, min(m, -y)) + abs(m - 7) + power_mod(3, i % 1000, 65521)) % 1000003
  local earned, factor = interest(1000 - i % 100, i % 9, 2 + i % 5 / 2)
  gain = gain + earned * factor + 0.5 ^ (i % 7) - 2 ^ -(i % 3) + -earned / 10
end
local result = string.format("%d %.6f", sum, gain)

local expected = { [1200000] = "575953 107397606.919406", [120000] = "357841 10739596.611237", [36000] = "607469 3221932.943084" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

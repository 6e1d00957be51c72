-- bench: group=numeric small=240 tiny=190
-- Matrix product over arrays of arrays, with the transposition users write to walk rows.
local n = tonumber(arg[1]) or 520

local function generate(size, scale)
  local m = {}
  for i = 1, size do
    local row = {}
    for j = 1, size do row[j] = scale * (i - j) * (i + j - 2) end
    m[i] = row
  end
  return m
end

local function transpose(m)
  local t = {}
  for j = 1, #m[1] do
    local row = {}
    for i = 1, #m do row[i] = m[i][j] end
    t[j] = row
  end
  return t
end

local function multiply(a, b)
  local bt, c = transpose(b), {}
  for i = 1, #a do
    local row, out = a[i], {}
    for j = 1, #bt do
      local column, sum = bt[j], 0
      for k = 1, #row do sum = sum + row[k] * column[k] end
      out[j] = sum
    end
    c[i] = out
  end
  return c
end

local a, b = generate(n, 1 / n / n), generate(n, 2 / n / n)
local c = multiply(a, b)
local half = n / 2
local result = string.format("%.9f %.9f", c[half][half], c[1][n])

local expected = { [520] = "-99.500315591 137.337814352", [240] = "-45.834004721 62.676359983", [190] = "-36.250840443 49.345567925" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

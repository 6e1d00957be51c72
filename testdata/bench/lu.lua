-- bench: group=numeric small=330 tiny=290
-- LU factorisation with partial pivoting, and a solution checked against its residual.
local n = tonumber(arg[1]) or 720

local abs = math.abs

local function factor(m, pivot)
  for j = 1, n do
    local p, best = j, abs(m[j][j])
    for i = j + 1, n do
      local v = abs(m[i][j])
      if v > best then p, best = i, v end
    end
    pivot[j] = p
    assert(best > 0, "singular matrix")
    if p ~= j then m[p], m[j] = m[j], m[p] end
    local row = m[j]
    local scale = 1 / row[j]
    for i = j + 1, n do
      local target = m[i]
      local f = target[j] * scale
      target[j] = f
      for k = j + 1, n do
        target[k] = target[k] - f * row[k]
      end
    end
  end
end

local function solve(m, pivot, b)
  for i = 1, n do
    local p = pivot[i]
    b[p], b[i] = b[i], b[p]
  end
  for i = 1, n do
    local row, sum = m[i], b[i]
    for j = 1, i - 1 do sum = sum - row[j] * b[j] end
    b[i] = sum
  end
  for i = n, 1, -1 do
    local row, sum = m[i], b[i]
    for j = i + 1, n do sum = sum - row[j] * b[j] end
    b[i] = sum / row[i]
  end
end

local seed = 11
local function random()
  seed = (seed * 3877 + 29573) % 139968
  return seed / 139968
end

local matrix, copy, b, x = {}, {}, {}, {}
for i = 1, n do
  local row, other = {}, {}
  for j = 1, n do
    local v = random()
    row[j], other[j] = v, v
  end
  matrix[i], copy[i] = row, other
  b[i] = random()
  x[i] = b[i]
end

local pivot = {}
factor(matrix, pivot)
solve(matrix, pivot, x)

local worst, sum = 0, 0
for i = 1, n do
  local s = 0
  for j = 1, n do s = s + copy[i][j] * x[j] end
  worst = math.max(worst, abs(s - b[i]))
  sum = sum + pivot[i] * i
end
assert(worst < 1e-6, "the solution does not satisfy the equations")
local result = string.format("%d", sum)

local expected = { [720] = "156313994", [330] = "14889643", [290] = "10269623" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

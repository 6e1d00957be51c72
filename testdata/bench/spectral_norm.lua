-- bench: group=numeric small=320 tiny=380
-- The spectral norm of an infinite matrix, by the power method.
local n = tonumber(arg[1]) or 1000

local function a(i, j)
  local ij = i + j - 1
  return 1.0 / (ij * (ij - 1) * 0.5 + i)
end

local function multiply_av(x, y)
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + x[j] * a(i, j) end
    y[i] = sum
  end
end

local function multiply_atv(x, y)
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + x[j] * a(j, i) end
    y[i] = sum
  end
end

local u, v, t = {}, {}, {}
for i = 1, n do u[i] = 1 end
for _ = 1, 10 do
  multiply_av(u, t)
  multiply_atv(t, v)
  multiply_av(v, t)
  multiply_atv(t, u)
end

local vbv, vv = 0, 0
for i = 1, n do
  vbv = vbv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
local result = string.format("%.9f", math.sqrt(vbv / vv))

local expected = { [1000] = "1.274224148", [320] = "1.274224015", [380] = "1.274224070" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

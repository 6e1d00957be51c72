-- bench: group=numeric small=1200 tiny=160
-- Fourier coefficients of (x + 1)^x by the trapezoid rule: calls to math functions and powers.
local n = tonumber(arg[1]) or 12000

local sin, cos, pi = math.sin, math.cos, math.pi

local function integrand(x, omega_n, select)
  local f = (x + 1) ^ x
  if select == 0 then
    return f
  elseif select == 1 then
    return f * cos(omega_n * x)
  else
    return f * sin(omega_n * x)
  end
end

local function integrate(from, to, steps, omega_n, select)
  local x, dx = from, (to - from) / steps
  local sum = integrand(from, omega_n, select) / 2
  for _ = 2, steps do
    x = x + dx
    sum = sum + integrand(x, omega_n, select)
  end
  return (sum + integrand(to, omega_n, select) / 2) * dx
end

local checksum = integrate(0, 2, 1000, 0, 0) / 2
for i = 1, n do
  local a = integrate(0, 2, 1000, pi * i, 1)
  local b = integrate(0, 2, 1000, pi * i, 2)
  checksum = checksum + a - b
end
local result = string.format("%.8f", checksum)

local expected = { [12000] = "122.88192078", [1200] = "28.94565290", [160] = "18.43863211" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

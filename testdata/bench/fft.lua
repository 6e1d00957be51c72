-- bench: group=numeric small=15 tiny=13
-- Radix-2 fast Fourier transform and its inverse over 2^size complex numbers, five times.
local log2n = tonumber(arg[1]) or 18

local sin, pi = math.sin, math.pi
local n = 2 ^ log2n

local function bitreverse(re, im)
  local j = 0
  for i = 0, n - 2 do
    if i < j then
      re[i], re[j] = re[j], re[i]
      im[i], im[j] = im[j], im[i]
    end
    local k = n / 2
    while k <= j do
      j = j - k
      k = k / 2
    end
    j = j + k
  end
end

local function transform(re, im, direction)
  bitreverse(re, im)
  local dual = 1
  for _ = 1, log2n do
    local wr, wi = 1, 0
    local theta = direction * pi / dual
    local s, s2 = sin(theta), 2 * sin(theta / 2) ^ 2
    for a = 0, dual - 1 do
      if a > 0 then
        wr, wi = wr - s * wi - s2 * wr, wi + s * wr - s2 * wi
      end
      for b = a, n - 1, 2 * dual do
        local c = b + dual
        local zr, zi = re[c], im[c]
        local dr, di = wr * zr - wi * zi, wr * zi + wi * zr
        re[c], im[c] = re[b] - dr, im[b] - di
        re[b], im[b] = re[b] + dr, im[b] + di
      end
    end
    dual = dual * 2
  end
end

local re, im, original = {}, {}, {}
local seed = 42
for i = 0, n - 1 do
  seed = (seed * 3877 + 29573) % 139968
  original[i] = seed / 139968
  re[i], im[i] = original[i], 0
end

local checksum = 0
for _ = 1, 5 do
  transform(re, im, 1)
  checksum = checksum + re[1] + im[n / 4]
  transform(re, im, -1)
  for i = 0, n - 1 do
    re[i], im[i] = re[i] / n, im[i] / n
  end
end

local worst = 0
for i = 0, n - 1 do
  worst = math.max(worst, math.abs(re[i] - original[i]))
end
assert(worst < 1e-9, "the inverse does not give the input back")
local result = string.format("%.5f", checksum)

local expected = { [18] = "-527.90868", [15] = "52.68531", [13] = "69.12626" }
assert(result == (expected[log2n] or result), "wrong result: " .. result)
print(result)

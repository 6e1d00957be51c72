-- bench: group=numeric small=400 tiny=270
-- The Mandelbrot set: a tight floating-point loop on locals.
local n = tonumber(arg[1]) or 1200

local inside, total = 0, 0
for py = 0, n - 1 do
  local ci = 2 * py / n - 1
  for px = 0, n - 1 do
    local cr = 2 * px / n - 1.5
    local zr, zi = 0, 0
    local iterations = 0
    while iterations < 100 do
      local rr, ii = zr * zr, zi * zi
      if rr + ii > 4 then break end
      zi = 2 * zr * zi + ci
      zr = rr - ii + cr
      iterations = iterations + 1
    end
    if iterations == 100 then inside = inside + 1 end
    total = total + iterations
  end
end
local result = string.format("%d %d", inside, total)

local expected = { [1200] = "556748 63273407", [400] = "61854 7030556", [270] = "28165 3203184" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

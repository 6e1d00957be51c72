-- bench: group=numeric small=550 tiny=250
-- Jacobi successive over-relaxation on a 100x100 grid: rows of an array of arrays.
local cycles = tonumber(arg[1]) or 5500

local size = 100
local grid = {}
local seed = 7
for i = 1, size do
  local row = {}
  for j = 1, size do
    seed = (seed * 3877 + 29573) % 139968
    row[j] = seed / 139968
  end
  grid[i] = row
end

local function relax(g, omega, count)
  local quarter, rest = omega * 0.25, 1 - omega
  local rows = #g
  for _ = 1, count do
    for y = 2, rows - 1 do
      local above, row, below = g[y - 1], g[y], g[y + 1]
      for x = 2, #row - 1 do
        row[x] = quarter * (above[x] + below[x] + row[x - 1] + row[x + 1]) + rest * row[x]
      end
    end
  end
end

relax(grid, 1.25, cycles)
local sum = 0
for i = 1, size do
  for j = 1, size do sum = sum + grid[i][j] * (i - j) end
end
local result = string.format("%.6f", sum)

local expected = { [5500] = "-115.158836", [550] = "-94.393865", [250] = "-75.506859" }
assert(result == (expected[cycles] or result), "wrong result: " .. result)
print(result)

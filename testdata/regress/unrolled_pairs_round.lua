-- A `pairs` loop whose types settle after a second round: the traversal goes on in both.
local swapped = { a = 0, b = 10 }
local list = { 4, 3, 6, 6, 8, 1, -1, 3, 0, 1, 0, 6, 5, 3, 7, 9, 2, 8, 0, 4 }
local seen = {}
for i, v in next, list do
  swapped.x, swapped.a = swapped.a, swapped.x
  seen[i] = v
end
print(swapped.a, swapped.x, swapped.b, #seen, table.concat(seen, " "))

local flip, count, sum = nil, 0, 0
for k, v in pairs(list) do
  if flip then flip = nil else flip = v end
  count, sum = count + 1, sum + k
end
print(flip, count, sum)
--> 0	nil	10	20	4 3 6 6 8 1 -1 3 0 1 0 6 5 3 7 9 2 8 0 4
--> nil	20	210

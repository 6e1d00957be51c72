-- All solutions of the eight queens, and the first for larger boards.
local function solve(n, all) local cols, d1, d2, pos, found, first = {}, {}, {}, {}, 0, nil local function place(r) if r > n then found = found + 1 first = first or table.concat(pos, " ") return not all end for c = 1, n do if not cols[c] and not d1[r + c] and not d2[r - c] then cols[c], d1[r + c], d2[r - c], pos[r] = true, true, true, c if place(r + 1) then return true end cols[c], d1[r + c], d2[r - c] = nil, nil, nil end end end place(1) return found, first end
for n = 1, 8 do print(n, solve(n, true)) end print(solve(10, false))
--> 1	1	1
--> 2	0	nil
--> 3	0	nil
--> 4	2	2 4 1 3
--> 5	10	1 3 5 2 4
--> 6	4	2 4 6 1 3 5
--> 7	40	1 3 5 7 2 4 6
--> 8	92	1 5 8 6 3 7 2 4
--> 1	1 3 6 8 10 5 9 2 4 7

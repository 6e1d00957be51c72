local t = {1} local n = 0
for _ = 1, 100 do next(t); n = n + select("#", next(t)) end
print(n, (next({})))
--> 200	nil

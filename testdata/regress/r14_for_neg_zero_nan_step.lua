local val, nan, n, m = -0, 0/0, 0, 0
for _ = 1, 200 do for _ = 1, 1, val do n = n + 1 break end for _ = 1, 1, nan do m = m + 1 break end end
print(n, m)
local function cnt(a, b, c) local k = 0 for _ = a, b, c or 1 do k = k + 1 if k > 10 then break end end return k end
local k = 0 for _ = 1, 100 do k = k + cnt(2147483580, 2147483647) end
print(k)
--> 200	200
--> 1100

-- Arrays and hashes while they grow, shrink, and change between the two.
-- modes: -gc-stress
local t = {} for i = 1, 1000 do t[i] = i * i end local s = 0 for i = 1, #t do s = s + t[i] end print(#t, s) for i = 1000, 501, -1 do t[i] = nil end print(#t) t = {} for i = 100, 1, -1 do t[i] = i end print(#t, t[1], t[100]) t = {} for i = 1, 100, 2 do t[i] = i end for i = 2, 100, 2 do t[i] = i end print(#t)
t = {} for i = 1, 2000 do t["key" .. i] = i end local n = 0 for k, v in pairs(t) do n = n + 1 assert(k == "key" .. v) end print(n) for i = 1, 2000, 2 do t["key" .. i] = nil end n = 0 for _ in pairs(t) do n = n + 1 end print(n, t.key2, t.key1) for i = 1, 2000 do t["key" .. i] = -i end n = 0 for _, v in pairs(t) do n = n + v end print(n)
t = {} for i = -50, 50 do t[i] = i end n = 0 for k, v in pairs(t) do n = n + 1 assert(k == v) end print(n, #t, t[-50], t[0]) t = {} for i = 1, 50 do t[i / 2] = i end print(t[0.5], t[1], t[25], #t) t = { 1, 2, 3 } t[5] = 5 t[4] = 4 print(#t) t[7] = 7 t[6] = 6 t[8] = 8 print(#t) t = {} t[1e15] = 1 t[2 ^ 31] = 2 t[-2 ^ 40] = 3 print(t[1e15], t[2147483648], t[-1099511627776], #t) 
local keys = {} for i = 1, 100 do keys[i] = {} end t = {} for i, k in ipairs(keys) do t[k] = i end n = 0 for i, k in ipairs(keys) do n = n + t[k] end print(n) for _, k in ipairs(keys) do t[k] = nil end print(next(t)) for i = 1, 10 do for j = 1, 100 do t[j] = j end for j = 1, 100 do t[j] = nil end end print(#t, next(t)) local nested = {} for i = 1, 20 do nested[i] = {} for j = 1, 20 do nested[i][j] = i * j end end print(nested[20][20], nested[7][8]) local sparse = {} for i = 0, 20 do sparse[2 ^ i] = i end n = 0 for k, v in pairs(sparse) do n = n + v assert(k == 2 ^ v) end print(n, sparse[1024]) local q, head, tail = {}, 1, 0 for i = 1, 5000 do tail = tail + 1 q[tail] = i if i % 3 == 0 then q[head] = nil head = head + 1 end end print(tail - head + 1, q[head], q[tail])
--> 1000	333833500
--> 500
--> 100	1	100
--> 100
--> 2000
--> 1000	2	nil
--> -2001000
--> 101	50	-50	0
--> 1	2	50	25
--> 5
--> 8
--> 1	2	3	0
--> 5050
--> nil
--> 0	nil
--> 400	56
--> 210	10
--> 3334	1667	5000

local bad = 0 for i = 1, 200 do local t = {} t[1] = i t[2] = i for k = 3, 40 do t[k] = k end t[1.5] = "x" for k = 3, 40 do t[k] = nil end t.z = 1 t.y = 2 t.w = 3 if t[1] ~= i or t[2] ~= i or t[1.5] ~= "x" then bad = bad + 1 end end print(bad)
--> 0

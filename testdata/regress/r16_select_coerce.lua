local r for i = 1, 100 do r = select("1", "a", "b") end
print(r) for i = 1, 100 do r = select("-1", "a", "b") end print(r, pcall(select, 0, 1))
local ok for i = 1, 100 do ok = pcall(select, -9, 1, 2) end print(ok)
--> a
--> b	false	bad argument #1 to '?' (index out of range)
--> false

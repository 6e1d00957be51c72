local c = 0 for i = 1, 300 do local x = (i % 2 == 0) and 0 or nil if x then c = c + 1 end if x == nil then c = c + 1000 end end print(c)
local f, g = function() end, function() end local eq = 0
for i = 1, 200 do local p = i % 2 == 0 and f or g if p == f then eq = eq + 1 end if "a" .. (i % 3) == "a1" then eq = eq + 100 end end print(eq)
--> 150150
--> 6800

local n, tab = 0, nil
while true do n = n + 1 tab = {n}; setmetatable(tab, nil) if n > 90 then break end end
print(tab[1], getmetatable(tab))
local take local function tb(num) local t = {} t.key = false t.key = num == num if take then end return t.key end
for _ = 1, 80 do tb(0) end take = true for _ = 1, 80 do tb(0) end print(tb(0))
local function two(num) local t = {} t.k1 = false t.k1 = num + 0 t.k2 = false t.k2 = num == num if take then return t end return t.k1, t.k2 end
take = nil for _ = 1, 80 do two(0) end take = true local last for _ = 1, 80 do last = two(3) end print(last.k1, last.k2)
--> 91	nil
--> true
--> 3	true

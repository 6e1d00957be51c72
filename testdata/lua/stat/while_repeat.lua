-- while and repeat: conditions, break, locals in the until condition.
local i = 0
while i < 3 do i = i + 1 io.write(i, " ") end print()
while true do i = i + 1 if i > 6 then break end if i % 2 == 0 then goto next end io.write(i, " ") ::next:: end print()
repeat local j = i i = i - 1 until j <= 5 print(i)
repeat until true
repeat break until error "not evaluated"
local fs = {}
local k = 0
repeat local v = k fs[#fs + 1] = function() return v end k = k + 1 until v >= 2
print(#fs, fs[1](), fs[2](), fs[3]())
local n = 0
while n < 10 do n = n + 1 while true do n = n + 2 if n > 4 then break end end if n > 7 then break end end print(n)
while nil do end while false do end
local t = { 3, 2, 1 }
while #t > 0 do io.write(table.remove(t), " ") end print()
repeat local a = 1 do local a = 2 end until a == 1
local function first(p) for x = 1, 10 do if p(x) then return x end end end
print(first(function(x) return x > 4 end), first(function() end))
local c = 5
repeat local f = function() return c end c = c - 1 until f() == 0
print(c)
while (function() c = c + 1 return c < 3 end)() do io.write(c, " ") end print(c)
do local done = false repeat if not done then done = true end until done end
--> 1 2 3 
--> 5 
--> 4
--> 3	0	1	2
--> 8
--> 1 2 3 
--> 5
--> 0
--> 1 2 3

-- Scope of locals: shadowing, self reference in initialisers, blocks.
local x = 1
local x = x + 1 print(x)
do local x = 10 print(x) x = 11 end print(x)
local x, x = 5, 6 print(x)
local function f() return f ~= nil end print(f())
local g = function() return g end print(g())
local y = y print(y)
z = "global" local z = z .. "!" print(z, _G.z)
if true then local x = "then" print(x) else local x = "else" end print(x)
for i = 1, 2 do local i = i * 10 io.write(i, " ") i = 0 end print()
while true do local x = "while" print(x) break end
repeat local done = true local x = "inner" until done and x == "inner"
print(x)
local a, b, c, d = (function() return 1, 2, 3 end)() print(a, b, c, d)
do local a a = a print(a) end
local function shadow(x, x) return x end print(shadow(1, 2))
do
  local t = {}
  for i = 1, 3 do local v = i t[i] = function() v = v + 1 return v end end
  print(t[1](), t[1](), t[2](), t[3](), t[3]())
end
local nilled do local a, b = 1 nilled = b end print(nilled)
do do do local deep = "deep" print(deep) end end end print(deep)
--> 2
--> 10
--> 2
--> 6
--> true
--> nil
--> nil
--> global!	global
--> then
--> 6
--> 10 20 
--> while
--> 6
--> 1	2	3	nil
--> nil
--> 2
--> 2	3	3	4	5
--> nil
--> deep
--> nil

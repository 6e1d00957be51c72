-- Each iteration has its own control variable; steps kept in variables behave as constants do.
local fs = {}
for i = 1, 4 do fs[i] = function(d) i = i + (d or 0) return i end end
print(fs[1](), fs[2](10), fs[2](), fs[3](), fs[4](-4), fs[4]())
local step = 2
for i = 1, 5, step do step = 100 io.write(i, " ") end print()
local limit = 3
for i = 1, limit do limit = 10 io.write(i, " ") end print()
local function iter(a, b, c) local s = 0 for i = a, b, c do s = s + i end return s end
print(iter(1, 100, 1), iter(100, 1, -1), iter(1, 100, 3), iter(1, 100, -1), iter(0.5, 2.5, 0.5))
local t = {}
for i = 10, 1, -2 do t[#t + 1] = function() return i end end
for _, f in ipairs(t) do io.write(f(), " ") end print()
for i = 1, 3 do
  local x = i * 2
  local function g() x = x + 1 return x end
  if i == 2 then goto continue end
  io.write(g(), " ", g(), " ")
  ::continue::
end print()
local outer = {}
for i = 1, 2 do for j = 1, 2 do outer[#outer + 1] = function() return i .. j end end end
for _, f in ipairs(outer) do io.write(f(), " ") end print()
--> 1	12	12	3	0	0
--> 1 3 5 
--> 1 2 3 
--> 5050	5050	1717	0	7.5
--> 10 8 6 4 2 
--> 3 4 7 8 
--> 11 12 21 22 

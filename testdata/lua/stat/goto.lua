-- goto and labels: loops, continue, leaving blocks, closing upvalues.
do
  local i = 1
  ::top:: if i <= 3 then io.write(i, " ") i = i + 1 goto top end print()
end
for i = 1, 5 do if i % 2 == 0 then goto continue end io.write(i, " ") ::continue:: end print()
do goto skip ; print "skipped" ::skip:: end
for i = 1, 3 do for j = 1, 3 do if i * j == 4 then goto out end io.write(i, j, " ") end end ::out:: print()
do
  local fs = {}
  local n = 0
  ::again::
  local x = n
  fs[#fs + 1] = function() x = x + 1 return x end
  n = n + 10
  if n < 30 then goto again end
  print(fs[1](), fs[1](), fs[2](), fs[3]())
end
do goto a ::b:: print "b" goto c ::a:: print "a" goto b ::c:: print "c" end
while true do do do goto done end end end ::done::
do ::l1:: end do ::l1:: end
repeat local x = 1 if x then goto cont end x = 2 ::cont:: until true
do
  local k = 0
  ::a:: k = k + 1
  if k == 1 then goto a elseif k == 2 then goto b end
  do print "end" goto stop end
  ::b:: print "via b" goto a
  ::stop::
end
local function f(n) do if n == 0 then goto zero end return "nonzero" end ::zero:: return "zero" end
print(f(0), f(1))
goto = 5 print(goto, _G.goto)
local t = { goto = 1 } print(t.goto)
--> 1 2 3 
--> 1 3 5 
--> 11 12 13 21 
--> 1	2	11	21
--> a
--> b
--> c
--> via b
--> end
--> zero	nonzero
--> 5	5
--> 1

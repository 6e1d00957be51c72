-- The numeric for loop: steps, bounds, fractions, copies of the control variable.
local function show(a, b, c) local n = {} for i = a, b, c or 1 do n[#n + 1] = i if #n > 8 then break end end print(#n, table.concat(n, " ")) end
show(1, 3) show(3, 1) show(3, 1, -1) show(1, 10, 4) show(1, 1) show(1, 0) show(0, 1, 0.25) show(1, 2, 0.3)
show(-3, 3, 2) show(10, 1, -3) show(1.5, 4) show(1, 3.9) show(0, -1) show(1, math.huge) show(1, -math.huge)
show(-math.huge, 1) show(math.huge, 1) show(1, 3, math.huge) show(0 / 0, 3) show(1, 0 / 0) show(1, 2, -math.huge)
show(2 ^ 53 - 2, 2 ^ 53) show(2147483646, 2147483649) show(-2147483647, -2147483650, -1)
for i = 1, 3 do local j = i i = i * 10 io.write(i, ":", j, " ") end print()
for i = "1", "3" do io.write(i + 0, " ") end print()
print(pcall(function() for i = "a", 2 do end end))
print(pcall(function() for i = 1, {} do end end))
print(pcall(function() for i = 1, 2, "x" do end end))
print(pcall(function() for i = nil, 2 do end end))
print(pcall(function() local n for i = 1, n do end end))
local n = 0
local function count(v) n = n + 1 return v end
for i = count(1), count(3), count(1) do end print(n)
local last for i = 1, 5 do last = i if i == 3 then break end end print(last)
for i = 3, 1 do error "not reached" end
for i = 1, 0.99999 do error "not reached" end
n = 0 for i = 0, 1, 0.1 do n = n + 1 end print(n)
n = 0 for i = 1, 0, -0.1 do n = n + 1 end print(n)
for i = 1, 2 do for j = i, 2 do for k = j, 2 do io.write(i, j, k, " ") end end end print()
--> 3	1 2 3
--> 0	
--> 3	3 2 1
--> 3	1 5 9
--> 1	1
--> 0	
--> 5	0 0.25 0.5 0.75 1
--> 4	1 1.3 1.6 1.9
--> 4	-3 -1 1 3
--> 4	10 7 4 1
--> 3	1.5 2.5 3.5
--> 3	1 2 3
--> 0	
--> 9	1 2 3 4 5 6 7 8 9
--> 0	
--> 9	-inf -inf -inf -inf -inf -inf -inf -inf -inf
--> 0	
--> 1	1
--> 0	
--> 0	
--> 0	
--> 9	9.007199254741e+15 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15
--> 4	2147483646 2147483647 2147483648 2147483649
--> 4	-2147483647 -2147483648 -2147483649 -2147483650
--> 10:1 20:2 30:3 
--> 1 2 3 
--> false	numeric_for.lua:9: 'for' initial value must be a number
--> false	numeric_for.lua:10: 'for' limit must be a number
--> false	numeric_for.lua:11: 'for' step must be a number
--> false	numeric_for.lua:12: 'for' initial value must be a number
--> false	numeric_for.lua:13: 'for' limit must be a number
--> 3
--> 3
--> 11
--> 11
--> 111 112 122 222 

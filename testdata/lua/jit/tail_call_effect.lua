-- A function that ends in the tail call of a builtin with an effect: the effect happens once, wherever the trace ends.
math.randomseed(5)
local random = math.random
local function pick() return random(1, 1000000) end
local function key() local k = random(7) if k <= 3 then return random(-3, 40) end return random(3) * random(0, 50) end
local sum = 0
for i = 1, 500 do sum = sum + pick() end
print(sum)
sum = 0
for i = 1, 500 do sum = sum + key() end
print(sum)
local list = {}
local function push(v) return table.insert(list, v) end
for i = 1, 300 do push(i) end
print(#list, list[300])
local function pop() return table.remove(list) end
sum = 0
for i = 1, 200 do sum = sum + pop() end
print(#list, sum)
--> 246016263
--> 17861
--> 300	300
--> 100	40100

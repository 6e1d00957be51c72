-- pairs, next and ipairs: order of the array part, deletion while walking, counts of hash parts.
local t = { 10, 20, 30, nil, 50 }
for k, v in pairs(t) do io.write(k, "=", v, " ") end print()
local h = {}
for i = 1, 50 do h["k" .. i] = i end
local n, sum = 0, 0
for k, v in pairs(h) do n = n + 1 sum = sum + v assert(k == "k" .. v) end print(n, sum)
for k in pairs(h) do h[k] = nil end print(next(h))
for i = 1, 20 do h[i] = i end
for k, v in pairs(h) do h[k] = v * 2 end
sum = 0 for _, v in ipairs(h) do sum = sum + v end print(sum)
print(next({}), next({}, nil), next({ 5 }), next({ 5 }, 1), type(next))
print(pcall(next, {}, "no such key"))
print(pcall(next, { 1, 2 }, 7))
print(pcall(next)) print(pcall(next, 1)) print(pcall(pairs)) print(pcall(ipairs)) print(pcall(ipairs, nil))
local f, s, c = pairs(t) print(f == next, s == t, c)
f, s, c = ipairs(t) print(type(f), s == t, c, f(t, 0), f(t, 3))
print(f({ "a" }, 1), f({ "a" }, -1))
local key = {}
local mixed = { 1, 2, [key] = "k", x = "y", [2.5] = "f", [false] = "b" }
n = 0 for k in pairs(mixed) do n = n + 1 end print(n, mixed[key])
local count = 0
for k, v in pairs(setmetatable({}, { __pairs = function() error "5.2 only" end })) do count = count + 1 end print(count)
for i, v in ipairs(setmetatable({ 1 }, { __index = function(_, i) if i < 4 then return i * 10 end end })) do io.write(i, "=", v, " ") end print()
local big = {} for i = 1, 100 do big[i] = i end for i = 1, 99 do big[i] = nil end
n = 0 for k, v in pairs(big) do n = n + 1 end print(n, next(big))
--> 1=10 2=20 3=30 5=50 
--> 50	1275
--> nil
--> 420
--> nil	nil	1	nil	function
--> false	invalid key to 'next'
--> false	invalid key to 'next'
--> false	bad argument #1 to '?' (table expected, got no value)
--> false	bad argument #1 to '?' (table expected, got number)
--> false	bad argument #1 to '?' (value expected)
--> false	bad argument #1 to '?' (value expected)
--> false	bad argument #1 to '?' (table expected, got nil)
--> true	true	nil
--> function	true	0	1
--> nil
--> 6	k
--> 0
--> 1=1 
--> 1	100	100

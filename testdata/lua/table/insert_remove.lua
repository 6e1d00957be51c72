-- table.insert and table.remove: positions, shifting, odd positions, holes.
local function show(t) local o = {} for i = 1, 8 do if t[i] ~= nil then o[#o + 1] = i .. "=" .. tostring(t[i]) end end print(#t, table.concat(o, " ")) end
local t = {} table.insert(t, "a") table.insert(t, "c") table.insert(t, 2, "b") table.insert(t, 1, "z") table.insert(t, 5, "e") show(t) print(table.remove(t), table.remove(t, 1), table.remove(t, 2)) show(t) print(table.remove({}), select("#", table.remove({})), table.remove({}, 1), table.remove({ 1, 2 }, 5), table.remove({ 1, 2, 3 }, 0)) show(t)
t = { 1, 2, 3 } table.insert(t, 2, nil) show({ t[1], t[3], t[4] }) t = { 1, 2, 3 } table.insert(t, "2", "x") show(t) t = { 1, 2 } table.insert(t, 0, "zero") print(t[0], t[1], t[2], t[3]) t = { 1, 2 } table.insert(t, 5, "five") print(t[5], #t == 2 or #t == 5) t = { 1, 2 } table.insert(t, -1, "neg") print(t[-1], t[0], t[1])
print(pcall(table.insert)) print(pcall(table.insert, {})) print(pcall(table.insert, {}, 1, 2, 3)) print(pcall(table.insert, {}, "x", 2)) print(pcall(table.insert, nil, 1)) print(pcall(table.remove, 1)) print(pcall(table.remove, {}, "x")) print(table.insert({}, 1)) print(select("#", table.insert({}, 1)))
t = {} for i = 1, 100 do table.insert(t, 1, i) end print(t[1], t[100], #t) local s = 0 for i = 1, 50 do s = s + table.remove(t, 1) + table.remove(t) end print(s, #t) t = { n = 0 } for i = 1, 10 do t[#t + 1] = i end for i = 10, 1, -2 do table.remove(t, i) end show(t) local q = {} for i = 1, 5 do q[#q + 1] = i if i % 2 == 0 then table.remove(q, 1) end end show(q)
t = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, v .. "!") end, __index = function() return "idx" end }) table.insert(t, "v") print(rawget(t, 1), #t) t = { 10, 20, 30 } print(table.remove(t, 1.9), t[1]) print(table.remove({ "only" }), table.remove({ nil, "x" }, 1))
--> 5	1=z 2=a 3=b 4=c 5=e
--> e	z	b
--> 2	1=a 2=c
--> nil	0	nil	nil
--> 2	1=a 2=c
--> 3	1=1 2=2 3=3
--> 4	1=1 2=x 3=2 4=3
--> zero	nil	1	2
--> five	true
--> neg	nil	nil
--> false	bad argument #1 to '?' (table expected, got no value)
--> false	wrong number of arguments to 'insert'
--> false	wrong number of arguments to 'insert'
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #1 to '?' (table expected, got nil)
--> false	bad argument #1 to '?' (table expected, got number)
--> false	bad argument #2 to '?' (number expected, got string)
-->
--> 0
--> 100	1	100
--> 5050	0
--> 5	1=1 2=3 3=5 4=7 5=9
--> 3	1=3 2=4 3=5
--> v	1
--> 10	20
--> only	nil

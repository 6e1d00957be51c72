-- Table functions in hot loops: growth, holes, the hash part, removal to nothing, moves.
jit.opt.start("hotloop=2", "hotexit=2")
local t = {}
for i = 1, 200 do table.insert(t, i) end
print(#t, t[1], t[200])
for i = 1, 100 do table.insert(t, i * 2, -i) end
print(#t, t[2], t[200], t[201], t[300])
local s = 0
for i = 1, 350 do local v = table.remove(t) s = s + (v or 0.5) end
print(#t, s, next(t))
for i = 1, 100 do t[i] = i end
for i = 1, 50 do s = s + table.remove(t, 1) + table.remove(t, #t) end
print(#t, s)
local obj = {}
for i = 1, 100 do table.insert(obj, { i }) end
s = 0
for i = 1, 100 do s = s + table.remove(obj)[1] end
print(s, #obj)
local q = { n = 0 }
for i = 1, 100 do
  table.insert(q, "s" .. i)
  if i % 3 == 0 then table.remove(q) end
end
print(#q, q[#q], table.concat(q, ",", 60))
local h = {}
for i = 1, 60 do h[i * 1000] = i table.insert(h, i) end
print(#h, h[60], h[1000])
for i = 1, 60 do
  local ok, m = pcall(function(x) table.insert(x, 1) end, i == 59 and 5 or {})
  if not ok then print(i, m) end
end
-- concat, sort, unpack
local parts = {}
for i = 1, 60 do parts[i] = i end
s = 0
for i = 1, 60 do s = s + #table.concat(parts, "-", i) end
print(s)
local order = 0
for i = 1, 40 do
  local x = { 5, 3, i, 1, 4 }
  table.sort(x)
  order = order + x[1] * 100 + x[5]
  table.sort(x, function(a, b) return a > b end)
  order = order + x[1]
end
print(order)
-- The comparator changes a variable that the loop knows.
local count = 0
for i = 1, 40 do
  local k = 10
  table.sort({ 3, 2, 1, i }, function(a, b) count = count + 1 k = k + 1 return a < b end)
  count = count + k
end
print(count)
s = 0
for i = 1, 100 do
  local a, b, c, d = unpack({ i, i + 1, nil, 4 }, i % 3, i % 5)
  s = s + (a or 0) + (b or 0) * 2 + (c or 0) * 3 + (d or 0) * 4
end
print(s)
local function va(...) return select("#", ...), ... end
local list = { 1, 2, 3, 4, 5 }
s = 0
for i = 1, 100 do
  local n, x = va(unpack(list))
  s = s + n + x
  if i % 10 == 0 then list[#list + 1] = i end
end
print(s)
-- new, clear, move, getn, maxn
local new, clear = require "table.new", require "table.clear"
s = 0
for i = 1, 60 do
  local x = new(i % 7, i % 5)
  for j = 1, i % 4 do x[j] = j x["k" .. j] = j end
  s = s + #x
  clear(x)
  s = s + #x + (next(x) and 1 or 0)
  x[1] = 1
  s = s + #x
end
print(s)
local function len(x) return table.getn(x) + #x end
s = 0
for i = 1, 60 do s = s + len(list) + table.maxn(list) end
print(s)
for i = 1, 60 do list = table.move(list, 1, 5, 2, {}) list[1] = i end
print(#list, list[1], list[2], list[5])
s = 0
for i = 1, 60 do table.foreachi({ 1, 2, i }, function(k, v) s = s + k * v end) end
print(s)
-- A table that is filled and emptied through a loop, with cleared fields that were read before.
local c = { a = 1 }
for i = 1, 60 do
  c.a = (c.a or 0) + i
  if i % 7 == 0 then clear(c) end
end
print(c.a)
--> 200	1	200
--> 300	-1	-100	101	200
--> 0	15075	nil
--> 0	20125
--> 5050	0
--> 67	s100	s89,s91,s92,s94,s95,s97,s98,s100
--> 60	60	1
--> 59	rec_table.lua:29: bad argument #1 to 'insert' (table expected, got number)
--> 5385
--> 5660
--> 884
--> 10434
--> 1050
--> 150
--> 2700
--> 6	60	59	56
--> 5790
--> 234

-- Random operations on tables, compared with a slow model: a list of pairs.
-- modes: -gc-stress
math.randomseed(5)
local function key() local k = math.random(7) if k <= 3 then return math.random(-3, 40) elseif k == 4 then return "s" .. math.random(20) elseif k == 5 then return math.random(10) / 4 elseif k == 6 then return math.random(2) == 1 end return math.random(3) * 2 ^ math.random(0, 50) end
for round = 1, 60 do
  local t, model = {}, {}
  local function find(k) for i, p in ipairs(model) do if p[1] == k then return i end end end
  for step = 1, 200 do
    local k = key()
    local at = find(k)
    if math.random(3) == 1 then t[k] = nil if at then table.remove(model, at) end
    else t[k] = step if at then model[at][2] = step else model[#model + 1] = { k, step } end end
  end
  local n = 0
  for k, v in pairs(t) do n = n + 1 assert(model[find(k)][2] == v) end
  assert(n == #model)
  for _, p in ipairs(model) do assert(t[p[1]] == p[2] and rawget(t, p[1]) == p[2]) end
  local b = #t assert((b == 0 or t[b] ~= nil) and t[b + 1] == nil)
  for k in pairs(t) do t[k] = nil end
  assert(next(t) == nil)
end
print "as the model"
local t, list = {}, {}
for i = 1, 3000 do
  local n, what = #list, math.random(5)
  if what <= 2 then table.insert(t, i) list[n + 1] = i
  elseif what == 3 and n > 0 then local at = math.random(n) table.insert(t, at, i) for j = n, at, -1 do list[j + 1] = list[j] end list[at] = i
  elseif what == 4 and n > 0 then local at = math.random(n) assert(table.remove(t, at) == list[at]) for j = at, n do list[j] = list[j + 1] end
  elseif n > 0 then assert(table.remove(t) == list[n]) list[n] = nil end
  assert(#t == #list)
end
for i = 1, #list do assert(t[i] == list[i]) end
print(#t, "as the list")
for n = 0, 60 do
  local a, c = {}, {}
  for i = 1, n do a[i] = math.random(20) c[a[i]] = (c[a[i]] or 0) + 1 end
  table.sort(a, n % 2 == 0 and function(x, y) return x > y end or nil)
  for i = 1, n do c[a[i]] = c[a[i]] - 1 if i > 1 then assert(n % 2 == 0 and a[i - 1] >= a[i] or n % 2 == 1 and a[i - 1] <= a[i]) end end
  for _, left in pairs(c) do assert(left == 0) end
end
print "sorted"
local keys = {} for i = 1, 300 do keys[i] = { i } end
local obj = {} for r = 1, 5 do for i = 1, 300 do obj[keys[math.random(300)]] = i end for i = 1, 150 do obj[keys[math.random(300)]] = nil end local n, m = 0, 0 for k, v in pairs(obj) do n = n + 1 assert(obj[keys[k[1]]] == v) end for i = 1, 300 do if obj[keys[i]] then m = m + 1 end end assert(n == m) end
print "objects as keys"
--> as the model
--> 565	as the list
--> sorted
--> objects as keys

-- Keys that only tables refer to: collections keep them, in tables that share their keys' order and in tables that do not.
local function record(i)
  local t = {}
  t["first" .. i % 5] = i
  t["second" .. i % 5] = { i }
  t["third" .. i % 5] = "value" .. i
  return t
end
local kept = {}
for i = 1, 500 do
  kept[i % 50 + 1] = record(i)
  if i % 40 == 0 then collectgarbage("step", 2) end
  if i % 200 == 0 then collectgarbage() end
end
collectgarbage()
local sum = 0
for i, t in ipairs(kept) do
  local names = {}
  for k, v in pairs(t) do names[#names + 1] = k sum = sum + (type(v) == "table" and v[1] or type(v) == "number" and v or #v) end
  table.sort(names)
  if i % 10 == 0 then io.write(table.concat(names, ","), " ") end
  local n = names[1]:match("%d")
  assert(t["first" .. n] and t["second" .. n][1] == t["first" .. n] and t["third" .. n] == "value" .. t["first" .. n])
end
print(sum)

-- Values that go leave their keys; weak values, and a dictionary.
local weak = setmetatable({}, { __mode = "v" })
local strong, names = {}, {}
for i = 1, 30 do
  local key = "name" .. i
  weak[key] = { i }
  if i % 3 == 0 then names[i] = weak[key] end
  strong[key] = i
  if i % 2 == 0 then strong["name" .. i - 1] = nil end
end
collectgarbage() collectgarbage()
local left, even = 0, 0
for i = 1, 30 do
  left = left + (weak["name" .. i] and 1 or 0)
  even = even + (strong["name" .. i] or 0)
end
print(left, even)
--> first4,second4,third4 first4,second4,third4 first4,second4,third4 first4,second4,third4 first4,second4,third4 47950
--> 10	240

-- A value that is converted to an integer checks its own type by that: what is no number is still found, and at its place.
jit.opt.start("hotloop=2", "hotexit=2")
local names = setmetatable({}, { __index = function(_, key) return "no " .. tostring(key) end })
local list = {}
for i = 1, 40 do list[i] = i * 10 end
local function lookup(keys)
  local found, sum, other = 0, 0, 0
  for i = 1, #keys do
    local value = list[keys[i]]
    if value then sum = sum + value else other = other + 1 end
    found = i
  end
  return found, sum, other
end
local keys = {}
for i = 1, 30 do keys[i] = i % 7 + 1 end
print(lookup(keys))
for _, odd in ipairs { "3", true, 0 / 0, -0.0, 1 / 0, 2.5, 2 ^ 40, -1, 41 } do
  keys[20] = odd
  print(tostring(odd):gsub("-?nan", "nan"), lookup(keys))
end
keys[20] = {}
print(lookup(keys))
local function try(f, ...)
  local done, message = pcall(f, ...)
  print(done, (tostring(message):gsub("^.-:(%d+:)", "%1")))
end
local function limits(a, b)
  local n = 0
  for i = 1, #a do
    for _ = a[i], b[i] do n = n + 1 end
  end
  return n
end
local from, to = {}, {}
for i = 1, 30 do from[i], to[i] = i, i + 5 end
print(limits(from, to))
for _, odd in ipairs { true, "x" } do
  to[25] = odd
  try(limits, from, to)
  to[25], from[25] = 30, odd
  try(limits, from, to)
  from[25] = 25
end
to[25] = 0 / 0
print(limits(from, to))
local function nearby(t, i)
  local s = 0
  for k = 1, 30 do s = s + (t[i[k] - 1] or 0.5) end
  return s
end
for k = 1, 30 do keys[k] = k end
print(nearby(list, keys))
keys[15] = 0 / 0
print(nearby(list, keys))
keys[15] = "9"
print(nearby(list, keys), names[keys[15]])
keys[15] = false
try(nearby, list, keys)
--> 30	1170	0
--> 3	30	1100	1
--> true	30	1100	1
--> nan	30	1100	1
--> -0	30	1100	1
--> inf	30	1100	1
--> 2.5	30	1100	1
--> 1099511627776	30	1100	1
--> -1	30	1100	1
--> 41	30	1100	1
--> 30	1100	1
--> 180
--> false	31: 'for' limit must be a number
--> false	31: 'for' initial value must be a number
--> false	31: 'for' limit must be a number
--> false	31: 'for' initial value must be a number
--> 174
--> 4350.5
--> 4211
--> 4290.5	no 9
--> false	49: attempt to perform arithmetic on a boolean value

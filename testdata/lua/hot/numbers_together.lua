-- Numbers of tables that are used together: some are NaN, and some are no numbers.
local nan, inf = 0 / 0, 1 / 0
local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "number" and v ~= v and "nan" or tostring(v)
  end
  print(table.concat(out, " "))
end

local function dot(a, b, n)
  local sum, odd = 0, 0
  for i = 1, n do
    local p = a[i] * b[i]
    if p ~= p then odd = odd + 1 else sum = sum + p end
  end
  return sum, odd
end
local a, b = {}, {}
for i = 1, 300 do a[i], b[i] = i, i % 7 end
for _ = 1, 5 do dot(a, b, 300) end
show(dot(a, b, 300))
a[7], b[20], b[21] = nan, inf, 0
a[20], a[21] = 0, inf
show(dot(a, b, 300))
a[30] = "12"
show(dot(a, b, 300))
b[31] = setmetatable({}, { __mul = function(x) return x * 1000 end })
show(dot(a, b, 300))
for _, v in ipairs { {}, true, "x" } do
  a[299] = v
  show(pcall(dot, a, b, 298))
  show((select(2, pcall(dot, a, b, 300)):gsub("^.-:%d+: ", "")))
end
a[299] = nil
show((select(2, pcall(dot, a, b, 300)):gsub("^.-:%d+: ", "")))

-- Fields that are read behind writes of others, of the same object and of one that may be the same.
local function push(p, q, n, dt)
  for _ = 1, n do
    local dx, dy = p.x - q.x, p.y - q.y
    local m = dt / (dx * dx + dy * dy)
    p.vx = p.vx - dx * m
    p.vy = p.vy - dy * m
    q.vx = q.vx + dx * m
    q.vy = q.vy + dy * m
    p.x = p.x + p.vx
    p.y = p.y + p.vy
  end
  return p.x, p.y, p.vx, p.vy, q.vx, q.vy
end
local function body(x, y) return { x = x, y = y, vx = 0, vy = 0 } end
for _ = 1, 5 do push(body(1, 2), body(3, 4), 100, 0.001) end
local function rounded(...)
  local out = {}
  for i, v in ipairs { ... } do out[i] = v ~= v and "nan" or ("%.6g"):format(v) end
  print(table.concat(out, " "))
end
rounded(push(body(1, 2), body(3, 4), 100, 0.001))
local one = body(5, 6)
rounded(push(one, one, 100, 0.001))
local p, q = body(1, 2), body(3, 4)
q.vy = nan
rounded(push(p, q, 100, 0.001))
for _, field in ipairs { "x", "y", "vx", "vy" } do
  for _, wrong in ipairs { "7", false } do
    local p, q = body(1, 2), body(3, 4)
    q[field] = wrong
    local ok, what = pcall(push, p, q, 100, 0.001)
    print(field, ok, ok or what:gsub("^.-:%d+: ", ""))
    rounded(p.x, p.y, p.vx, p.vy)
    print(type(q.vx), type(q.vy))
  end
end

-- A number as an index, and numbers that are compared.
local function pick(t, keys, n)
  local s, above = 0, 0
  for i = 1, n do
    local k = keys[i]
    s = s + t[k]
    if t[i] < t[k] then above = above + 1 end
  end
  return s, above
end
local keys = {}
for i = 1, 300 do a[i], keys[i] = i / 4, 301 - i end
for _ = 1, 5 do pick(a, keys, 300) end
show(pick(a, keys, 300))
a[100] = nan
show(pick(a, keys, 300))
for _, k in ipairs { nan, 1.5, "1", 0 } do
  keys[200] = k
  show((select(2, pcall(pick, a, keys, 300)):gsub("^.-:%d+: ", "")))
end

-- Bits of a NaN that are an object's stay that object.
local function move(from, to, n)
  local s = 0
  for i = 1, n do
    local v, w = from[i], from[i + 1]
    s = s + (v - v) * w
    to[i] = v
  end
  return s
end
local from, to = {}, {}
for i = 1, 201 do from[i] = i end
for _ = 1, 5 do move(from, to, 200) end
from[50] = "50"
show(move(from, to, 200), type(to[50]), type(to[51]))
from[60] = {}
show(pcall(move, from, to, 58))
show((select(2, pcall(move, from, to, 200)):gsub("^.-:%d+: ", "")))
--> 136654 0
--> 136534 3
--> 136498 3
--> 167405 3
--> true 164110 3
--> attempt to perform arithmetic on a table value
--> true 164110 3
--> attempt to perform arithmetic on a boolean value
--> true 164110 3
--> attempt to perform arithmetic on a string value
--> attempt to perform arithmetic on a nil value
--> 2.46856 3.46856 0.0359409 0.0359409 -0.0359409 -0.0359409
--> nan nan nan nan nan nan
--> 2.46856 3.46856 0.0359409 0.0359409 -0.0359409 nan
--> x	true	true
--> 1.77446 2.25815 0.0156863 0.00522877
--> number	number
--> x	false	attempt to perform arithmetic on field 'x' (a boolean value)
--> 1 2 0 0
--> number	number
--> y	true	true
--> 1.35931 2.89828 0.00734924 0.0183731
--> number	number
--> y	false	attempt to perform arithmetic on field 'y' (a boolean value)
--> 1 2 0 0
--> number	number
--> vx	true	true
--> 2.46856 3.46856 0.0359409 0.0359409
--> number	number
--> vx	false	attempt to perform arithmetic on field 'vx' (a boolean value)
--> 1 2 0.00025 0.00025
--> boolean	number
--> vy	true	true
--> 2.46856 3.46856 0.0359409 0.0359409
--> number	number
--> vy	false	attempt to perform arithmetic on field 'vy' (a boolean value)
--> 1 2 0.00025 0.00025
--> number	boolean
--> 11287.5 150
--> nan 149
--> attempt to perform arithmetic on a nil value
--> attempt to perform arithmetic on a nil value
--> attempt to perform arithmetic on a nil value
--> attempt to perform arithmetic on a nil value
--> 0 string number
--> true 0
--> attempt to perform arithmetic on local 'w' (a table value)

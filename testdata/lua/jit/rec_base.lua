-- Basic functions in hot loops.
jit.opt.start("hotloop=2", "hotexit=2")
local out = {}
local things = { 1, "s", true, false, {}, print, 2.5, coroutine.create(print), "t", 3, io.stdout }
for r = 1, 6 do for i, v in ipairs(things) do out[i] = type(v) end out[#things + 1] = type(nil) end
print(table.concat(out, " "))
-- tostring, tonumber
out = {}
for i = 1, 60 do out[i] = tostring(i % 5 == 0 and i / 8 or i % 5 == 1 and i or i % 5 == 2 and tostring(i) or i % 5 == 3 or nil) end
print(table.concat(out, " ", 1, 12))
local s = 0
for i = 1, 60 do s = s + tonumber(tostring(i)) + (tonumber("0x" .. i) or 0) + (tonumber(i % 10 == 0 and "z" or "7") or 100) + tonumber("11", 2) end
print(s)
s = 0
for i = 1, 60 do s = s + (tonumber(i % 2 == 0 and i or nil) or 1) + (tonumber({}) or 2) end
print(s)
local mt = setmetatable({}, { __tostring = function() return "obj" end })
for i = 1, 60 do out[i] = tostring(mt) end
print(out[1], out[60])
-- select, varargs
local function sel(n, ...) return (select(n, ...)) end
s = 0
for i = 1, 60 do s = s + sel(i % 3 + 1, i, i * 2, i * 3) + sel(-1 - i % 2, 5, 6) + select("#", i, nil, nil) end
print(s)
for i = 1, 40 do
  local ok, m = pcall(function(n) return (select(n, 1, 2)) end, i == 39 and 0 or 1)
  if not ok then print(i, m) end
end
-- pairs, ipairs, next
local t = { 10, 20, 30, nil, 50, a = 1, b = 2 }
s = 0
for i = 1, 30 do for k, v in ipairs(t) do s = s + k * v end end
print(s)
s = 0
for i = 1, 30 do for k, v in pairs(t) do s = s + v end end
print(s)
s = 0
for i = 1, 60 do
  local k, v = next(t)
  s = s + k + v + (next({}) and 1 or 0)
  k, v = next(t, 2)
  s = s + k + v
end
print(s)
s = 0
for i = 1, 30 do
  local k, v = next({ x = i })
  s = s + v + #k
  for a, b in next, { 1, 2, x = 3 } do s = s + b end
  for a, b in next, t, 2 do s = s + b end
end
print(s)
local f, st, c = ipairs(t)
for i = 1, 60 do local k, v = f(st, i % 4) s = s + (k or 100) + (v or 200) end
print(s)
-- Holes, sparse, hash
local sp = {}
for i = 1, 40 do sp[i * i] = i end
s = 0
for i = 1, 40 do for k, v in ipairs(sp) do s = s + v end s = s + (sp[i] or 0) end
print(s)
-- raw access
s = 0
local raw = setmetatable({}, { __index = function() return 1000 end, __newindex = error, __eq = function() return true end })
for i = 1, 60 do
  rawset(raw, i, i) rawset(raw, "k" .. i % 5, i) rawset(raw, 1.5, i)
  s = s + rawget(raw, i) + (rawget(raw, i + 1) or 1) + rawget(raw, "k" .. i % 5) + (rawget(raw, "no") or 1) + rawget(raw, 1.5)
  s = s + (rawequal(raw, raw) and 1 or 0) + (rawequal(raw, t) and 1000 or 0) + (rawequal(i, 30) and 7 or 0) + (rawequal("a", 1) and 1 or 0)
end
print(s, #raw)
-- metatables
s = 0
local A, B = { __index = { v = 1 } }, { __index = { v = 2 }, __metatable = "locked" }
for i = 1, 60 do
  local o = setmetatable({}, i % 3 == 0 and B or A)
  s = s + o.v + (getmetatable(o) == A and 10 or 0) + (getmetatable(o) == "locked" and 100 or 0)
  if i % 3 ~= 0 then setmetatable(o, nil) s = s + (o.v or 5) end
  s = s + (getmetatable({}) == nil and 1 or 0) + (getmetatable("").__index == string and 1 or 0)
end
print(s)
for i = 1, 40 do
  local ok, m = pcall(function(o) return setmetatable(o, {}) end, setmetatable({}, i == 39 and B or A))
  if not ok then print(i, m) end
end
-- assert
s = 0
for i = 1, 60 do local a, b = assert(i, "m") s = s + a + #b end
print(s)
for i = 1, 40 do
  local ok, m = pcall(function(v) assert(v, "failed at " .. i) return v end, i ~= 39)
  if not ok then print(i, m) end
end
--> number string boolean boolean table function number thread string number userdata nil
--> 1 2 true nil 0.625 6 7 true nil 1.25 11 12
--> 5754
--> 1080
--> obj	obj
--> 4150
--> 39	rec_base.lua:26: bad argument #1 to 'select' (index out of range)
--> 4200
--> 3390
--> 2640
--> 3165
--> 8655
--> 61
--> 5677	60
--> 2800
--> 39	cannot change a protected metatable
--> 1890
--> 39	rec_base.lua:90: failed at 39

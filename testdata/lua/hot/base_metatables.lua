-- Metatables of base types that change while loops are hot: compiled code notices, and works again when the old one is back.
local strings = debug.getmetatable("")
local function upper(s) return s:upper() end
local function try(f, ...)
  local ok, r = pcall(f, ...)
  return ok and r or "error"
end
local seen = {}
local function note(v) seen[v] = (seen[v] or 0) + 1 end
for round = 1, 40 do
  for i = 1, 30 do note(upper("a")) end
  debug.setmetatable("", nil)
  for i = 1, 30 do note(try(upper, "b")) end
  debug.setmetatable("", { __index = { upper = function(s) return s .. round % 2 end } })
  for i = 1, 30 do note(upper("c")) end
  debug.setmetatable("", strings)
end
-- In the middle of a loop, and of a function that the loop calls.
local function swap(i)
  if i == 70 then debug.setmetatable("", { __index = { upper = function() return "other" end } }) end
  if i == 90 then debug.setmetatable("", strings) end
end
for i = 1, 200 do
  swap(i)
  note(upper("d"))
end
-- What has no metatable gets one.
local function text(v) return tostring(v) .. string.format("%s", v) end
for i = 1, 200 do
  if i == 100 then debug.setmetatable(0, { __tostring = function(n) return "<" .. string.format("%d", n) .. ">" end }) end
  if i == 150 then debug.setmetatable(0, nil) end
  if i == 120 then debug.setmetatable(true, { __tostring = function() return "truth" end }) end
  if i == 160 then debug.setmetatable(true, nil) end
  if i == 130 then debug.setmetatable(nil, { __tostring = function() return "nothing" end }) end
  if i == 170 then debug.setmetatable(nil, nil) end
  note(text(i % 3)) note(text(i % 2 == 0)) note(text(nil))
end
for i = 1, 200 do
  if i == 100 then debug.setmetatable(print, { __index = { name = "function" }, __add = function(f, n) return n end }) end
  if i == 150 then debug.setmetatable(print, nil) end
  note(try(function(f) return f.name end, print))
  note(try(function(f) return f + 5 end, print))
end
local keys = {}
for k in pairs(seen) do keys[#keys + 1] = tostring(k) end
table.sort(keys)
for _, k in ipairs(keys) do print(k, seen[k] or seen[tonumber(k)]) end
--> 00	50
--> 11	50
--> 22	50
--> 5	50
--> <0><0>	16
--> <1><1>	17
--> <2><2>	17
--> A	1200
--> D	180
--> c0	600
--> c1	600
--> error	1500
--> falsefalse	80
--> function	50
--> nilnil	160
--> nothingnothing	40
--> other	20
--> truetrue	80
--> truthtruth	40

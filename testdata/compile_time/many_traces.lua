-- Thousands of different small functions, each made from text and run just often enough to be compiled, side exits included: numbers, tables,
-- strings, calls, closures, nested loops. What this program takes is, mostly, the time of a compiler that compiles while the program runs.
--
-- Prints the number of traces, that of their instructions of the intermediate language, and seconds of processor time.
-- Arguments: number of functions (400), how soon something is hot (2).
local n = tonumber(arg[1]) or 400
local hot = tonumber(arg[2]) or 2

local opt = jit and jit.opt
if opt then
  opt.start("hotloop=" .. hot, "hotexit=" .. hot, "maxtrace=30000", "maxmcode=131072", "maxside=1000")
end

local seed = 12345
local function random(k)
  seed = (seed * 16807) % 2147483647
  return seed % k + 1
end

-- Expressions over the numbers a, b, c (all small and not negative).
local function number(depth)
  local k = depth == 0 and random(4) or random(12)
  if k == 1 then return "a" end
  if k == 2 then return "b" end
  if k == 3 then return "c" end
  if k == 4 then return tostring(random(50)) end
  local x, y = number(depth - 1), number(depth - 1)
  if k == 5 or k == 6 then return "(" .. x .. " + " .. y .. ")" end
  if k == 7 then return "(" .. x .. " - " .. y .. ")" end
  if k == 8 then return "(" .. x .. " * " .. random(7) .. ")" end
  if k == 9 then return "(" .. x .. " % " .. random(90) + 7 .. ")" end
  if k == 10 then return "math.floor(" .. x .. " / " .. random(9) .. ")" end
  if k == 11 then return "math.max(" .. x .. ", " .. y .. ")" end
  return "math.abs(" .. x .. ")"
end

local names = { "x", "y", "z", "left", "right", "count" }
local function name() return names[random(#names)] end

local statement
local function block(depth)
  local out = {}
  for i = 1, random(2) do out[i] = statement(depth) end
  return table.concat(out, "\n")
end

local kinds = {
  function() return "a = " .. number(2) .. " % 1009" end,
  function() return "b = (b + " .. number(1) .. ") % 997" end,
  function() return "t." .. name() .. " = " .. number(1) .. " % 4093" end,
  function() return "c = (c + t." .. name() .. ") % 499" end,
  function() return "if #l < 30 then l[#l + 1] = " .. number(1) .. " end" end,
  function() return "l[i % 5 + 1] = " .. number(1) .. " % 77" end,
  function() return "a = (a + l[(i + " .. random(9) .. ") % #l + 1]) % 1013" end,
  function() return "a = twice(" .. number(1) .. ") % 811" end,
  function() return "c = o:add(" .. number(1) .. ") % 601" end,
  function() return "s = s .. (i % 10)" end,
  function() return "b = b + #s" end,
  function() return "local p = { x = a, y = " .. number(1) .. " } c = (p.x + p.y) % 701" end,
  function() return "if s:byte(-1) == " .. 47 + random(9) .. " then b = b + 1 end" end,
  function() return "s = s:sub(" .. random(3) .. ", " .. 5 + random(20) .. ")" end,
  function() return "local f = function(q) return q + a end b = f(" .. number(1) .. ") % 877" end,
  function() return "u = u + " .. random(5) end,
  function() return "l = { a, b, c }" end,
  function() return "if type(l[" .. random(8) .. "]) == 'nil' then c = c + 1 end" end,
  function() return "a = bit.band(a + " .. random(1000) .. ", 1023)" end,
  function() return "b = m[" .. name() .. "k] + b % 300" end,
}
local nested = {
  function(d) return "if " .. number(1) .. " % " .. random(4) + 1 .. " < " .. random(3) .. " then\n" .. block(d) .. "\nend" end,
  function(d)
    return "if i % " .. random(4) + 1 .. " == 0 then\n" .. block(d) .. "\nelse\n" .. block(d) .. "\nend"
  end,
  function(d) return "for j = 1, " .. random(4) + 1 .. " do\n" .. block(d) .. "\na = a + j\nend" end,
  function() return "for k, v in pairs(t) do a = (a + v) % 907 if v > " .. random(500) .. " then b = b + #k end end" end,
  function(d) return "for k, v in ipairs(l) do c = (c + v * k) % 907\n" .. block(d) .. "\nend" end,
  function(d) return "local w = " .. random(4) .. " while w > 0 and b > " .. 300 + random(500) .. " do w, b = w - 1, b - " .. 100 + random(90) .. "\n" .. block(d) .. "\nend" end,
}
function statement(depth)
  if depth > 0 and random(5) <= 2 then return nested[random(#nested)](depth - 1) end
  return kinds[random(#kinds)]()
end

local head = [[
local band = bit and bit.band
local bit = { band = band or function(x, y) return x % (y + 1) end }
local u = 0
local function twice(x) return x * 2 + u end
local o = { sum = 0 }
function o:add(x) self.sum = (self.sum + x) % 1000 return self.sum end
local m = { x = 1, y = 2, z = 3, left = 4, right = 5, count = 6 }
local xk, yk, zk, leftk, rightk, countk = "x", "y", "z", "left", "right", "count"
return function(rounds)
local a, b, c, s = 1, 2, 3, "0"
local t, l = { x = 1, y = 2, z = 3, left = 4, right = 5, count = 6 }, { 5, 6, 7 }
for i = 1, rounds do
]]
local tail = [[

if #l > 40 then l = { 1, 2, 3 } end
if #s > 30 then s = "1" end
end
return (a + b + c + u + #s + #l) % 65536
end
]]

local sum = 0
for i = 1, n do
  local lines = {}
  for k = 1, 4 + random(6) do lines[k] = statement(2) end
  local text = head .. table.concat(lines, "\n") .. tail
  local f = assert((loadstring or load)(text, "=f" .. i))()
  for _ = 1, 3 do sum = (sum * 31 + f(hot * 15)) % 1000003 end
end

local cpu = os.clock()
assert(n ~= 400 or hot ~= 2 or sum == 493799, sum)
local traces, instructions = 0, 0
if jit and jit.status() then
  local util = require("jit.util")
  for i = 1, 30000 do
    local info = util.traceinfo(i)
    if info then traces, instructions = traces + 1, instructions + info.nins end
  end
end
print(string.format("%d %d %.4f", traces, instructions, cpu))

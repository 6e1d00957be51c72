-- Under compiled loops: flushes, switches, changed metatables, upvalues, environments and locals; errors and their positions.
local n = 0
local function cb(what) n = n + 1 if n % 5 == 0 then jit.flush() end end
jit.attach(cb, "trace")
local s = 0
for k = 1, 40 do
  local f = loadstring("local s = 0 for i = 1, 50 do s = s + i * ... end return s")
  s = s + f(k)
  if k % 9 == 0 then jit.off(f) s = s + f(k) jit.on(f) s = s + f(k) end
  if k % 11 == 0 then jit.flush() end
end
jit.attach(cb)
print(s)
-- errors raised by a handler
jit.attach(function(what) return 1 end, "trace")
for i = 1, 300 do s = s + (i % 3) end
jit.attach(function() end)
print(s)
-- hook that yields nothing but inspects locals in compiled frames
local seen = 0
local function inner(a) local b = a * 2 return b end
local function outer(m) local q = 0 for i = 1, m do q = q + inner(i) if i == m then
  local nm, v = debug.getlocal(1, 2) seen = seen + (v or 0) end end return q end
for i = 1, 50 do outer(i) end
print(seen)
-- setlocal from below
local function poke() debug.setlocal(2, 1, 1000) end
local function victim(x, y) for i = 1, 60 do if i == 50 then poke() end y = y + x end return y end
print(victim(1, 0), victim(1, 0))
-- upvalue changes through debug
local up = 1
local function reader() return up end
local acc = 0
for i = 1, 100 do acc = acc + reader() if i == 50 then debug.setupvalue(reader, 1, 10) end end
print(acc)
-- metatable changes under a compiled loop
local o = setmetatable({}, {__index = function(t, k) return k end})
acc = 0
for i = 1, 100 do acc = acc + (o[i] or 0) if i == 60 then getmetatable(o).__index = {[70] = 5, [61]=1} end if i > 60 and i < 99 then o[i+1] = o[i+1] or 1 end if i == 60 then o[61] = 2 end end
print(acc)
-- setfenv in a loop
local function genv() return gx end
acc = 0
for i = 1, 100 do setfenv(genv, {gx = i}) acc = acc + genv() end
print(acc)
-- table grown and shrunk
local t = {}
for r = 1, 5 do for i = 1, 100 do t[#t + 1] = i end for i = 1, 90 do t[#t] = nil end end
print(#t)
-- string keys made numeric; nan; -0
local z = {}
for i = 1, 100 do z[i % 2 == 0 and i or tostring(i)] = i; z[-0.0] = i end
print(z[0], z["3"], z[4])
-- varargs with nils
local function va(...) local c = select("#", ...) local a, b, d = ... return c, a, b, d end
acc = 0
for i = 1, 100 do local c, a, b, d = va(i, nil, i % 10 == 0 and 5 or nil) acc = acc + c + (a or 0) + (d or 0) end
print(acc)
-- numeric for edge
acc = 0
for r = 1, 60 do for i = 2147483640, 2147483650 do acc = acc + i % 3 end for i = 1, 0.5 do acc = -1e9 end for i = 3, 1, -0.5 do acc = acc + i end end
print(acc)
for r = 1, 60 do local c = 0 for i = 1, 3 do local ok, e = pcall(function() if i == 2 then error({i}) end return i end) if not ok then c = c + e[1] end end assert(c == 2) end
local ok, e = pcall(function() for i = 1, 200 do local x = i > 150 and {} or i; local y = x .. "" end end) print(ok, e)
local ok, e = pcall(function() for i = 1, 200 do local x = i > 150 and {} or i; local y = x < 10 end end) print(ok, e)
local ok, e = pcall(function() for i = 1, 200 do local x = i > 150 and "a" or i; for j = 1, x do end end end) print(ok, e)
local ok, e = pcall(function() for i = 1, 200 do t[i > 150 and 0/0 or i] = 1 end end) print(ok, e)
local ok, e = pcall(function() for i = 1, 200 do t[(function() if i <= 150 then return i end end)()] = 1 end end) print(ok, e)
local ok, e = pcall(function() for i = 1, 200 do local s = ("x"):rep(i > 150 and {} or 2) end end) print(ok, e)
local ok, e = pcall(function() for i = 1, 200 do local s = math.floor(i > 150 and "z" or "3.7") end end) print(ok, e)
print(select(2, xpcall(function() local function r(n) if n == 150 then local x = nil + n end return r(n + 1) + 1 end return r(1) end, function(m) return m .. #debug.traceback():gsub("0x%x+", "") end)))
--> 1275000
--> 1275300
--> 44200
--> 11049	11049
--> 550
--> 1874
--> 5050
--> 50
--> 100	3	4
--> 5400
--> 1200
--> false	interplay.lua:64: attempt to concatenate local 'x' (a table value)
--> false	interplay.lua:65: attempt to compare table with number
--> false	interplay.lua:66: 'for' limit must be a number
--> false	interplay.lua:67: table index is NaN
--> false	interplay.lua:68: table index is nil
--> false	interplay.lua:69: bad argument #1 to 'rep' (number expected, got table)
--> false	interplay.lua:70: bad argument #1 to 'floor' (number expected, got string)
--> interplay.lua:71: attempt to perform arithmetic on a nil value740

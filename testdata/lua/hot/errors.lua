-- Errors raised in hot code: positions, names and state afterwards.
local function try(f) local ok, m = pcall(f) print(ok, m) end
try(function()
  local t = {}
  for i = 1, 200 do t[i] = { v = i } end
  t[150].v = nil
  local s = 0
  for i = 1, 200 do
    local o = t[i]
    s = s + o.v
  end
end)
try(function()
  local s = 0
  for i = 1, 200 do
    if i == 180 then s = {} end
    s = s
      + i
  end
end)
try(function()
  local function inner(x) return x.field.deep end
  for i = 1, 200 do
    inner(i < 190 and { field = { deep = 1 } } or { field = i == 195 and {} or nil })
  end
end)
try(function() for i = 1, 200 do if i == 150 then error("explicit " .. i) end end end)
try(function() for i = 1, 200 do if i == 150 then error({ i }, 2) end end end == nil or function() for i = 1, 200 do assert(i < 170, "assertion " .. i) end end)
try(function() local f = tostring for i = 1, 200 do if i == 170 then f = nil end f(i) end end)
try(function() for i = 1, 200 do local s = "x" .. (i < 160 and i or {}) end end)
try(function() for i = 1, 200 do math.floor(i < 170 and i or "x") end end)
try(function() for i = 1, 200 do string.rep("x", i < 170 and 1 or {}) end end)
try(function() local a = {} for i = 1, 200 do a[i < 170 and i or nil] = i end end)
try(function() for i = 1, 200 do local _ = i < (i < 170 and 1000 or "1000") end end)
try(function() local co = coroutine.wrap(function() for i = 1, 200 do coroutine.yield(i) end end) for i = 1, 300 do co() end end)
local n, caught = 0, {} for i = 1, 300 do local ok, m = pcall(function() n = n + 1 if i % 75 == 0 then local x = nil; x.y = 1 end n = n + 1 end) if not ok then caught[#caught + 1] = m end end print(n, #caught, caught[1] == caught[4]) local depth = 0 local function rec(d) depth = d if d == 100 then error("deep", 0) end local v = rec(d + 1) return v end for i = 1, 20 do pcall(rec, 1) end print(depth) local function handler(m) return m .. ":" .. (debug.traceback("", 2):match "errors.lua:(%d+)") end local last for i = 1, 150 do local _, m = xpcall(function() if i > 140 then error("h", 0) end return i end, handler) last = m end print(last)
--> false	errors.lua:10: attempt to perform arithmetic on field 'v' (a nil value)
--> false	errors.lua:18: attempt to perform arithmetic on local 's' (a table value)
--> false	errors.lua:22: attempt to index field 'field' (a nil value)
--> false	errors.lua:27: explicit 150
--> false	errors.lua:28: assertion 170
--> false	errors.lua:29: attempt to call local 'f' (a nil value)
--> false	errors.lua:30: attempt to concatenate a table value
--> false	errors.lua:31: bad argument #1 to 'floor' (number expected, got string)
--> false	errors.lua:32: bad argument #2 to 'rep' (number expected, got table)
--> false	errors.lua:33: table index is nil
--> false	errors.lua:34: attempt to compare number with string
--> false	errors.lua:35: cannot resume dead coroutine
--> 596	4	true
--> 100
--> h:36

-- the line number and local values of an error raised deep in compiled, inlined frames
local function lvl3(t, i)
  local x = t[i]
  return x.field        -- line 4: raises when x is nil
end
local function lvl2(t, i) local a = lvl3(t, i) return a end
local function lvl1(t, n) local s = 0 for i = 1, n do s = s + lvl2(t, i) end return s end
local t = {} for i = 1, 200 do t[i] = { field = i } end
print(lvl1(t, 200)) t[150] = nil
local info
local ok, e = xpcall(function() return lvl1(t, 200) end, function(m)
  local names = {} for l = 2, 4 do local d = debug.getinfo(l, "nSl") names[#names + 1] = (d.name or "?") .. ":" .. d.currentline end
  local _, v = debug.getlocal(2, 2) info = table.concat(names, " ") .. " i=" .. tostring(v) return m end)
print(ok, (e:gsub("^.-:(%d+):", "%1:")), info)
--> 20100
--> false	4: attempt to index local 'x' (a nil value)	lvl3:4 lvl2:6 ?:7 i=150

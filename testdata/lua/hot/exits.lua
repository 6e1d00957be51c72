-- Rare branches in hot loops, with many live variables, in called functions, at the end of the loop.
local function run(n) local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5, 6, 7, 8 local log = {} for i = 1, n do a, b, c, d, e, f, g, h = b, c, d, e, f, g, h, a if i % 97 == 0 then log[#log + 1] = table.concat({ a, b, c, d, e, f, g, h }, "") end end return table.concat(log, " ") end print(run(500)) local function clamp(v) if v > 90 then return 90, "hi" elseif v < 10 then return 10, "lo" end return v end local s, hi, lo = 0, 0, 0 for i = 1, 300 do local v, w = clamp(i % 100) s = s + v if w == "hi" then hi = hi + 1 elseif w == "lo" then lo = lo + 1 end end print(s, hi, lo) local function find(t, x) for i = 1, #t do if t[i] == x then return i end end end local t = {} for i = 1, 100 do t[i] = i * 3 end s = 0 for i = 1, 300 do s = s + (find(t, i) or 0) end print(s) local states, st = { a = "b", b = "c", c = "a" }, "a" local visits = { a = 0, b = 0, c = 0 } for i = 1, 301 do visits[st] = visits[st] + 1 st = states[st] if i == 200 then st = "a" end end print(visits.a, visits.b, visits.c, st) local n = 0 for i = 1, 100 do for j = 1, 10 do if j > i % 10 then break end n = n + 1 end end print(n) n = 0 local i = 0 while true do i = i + 1 if i % 2 == 0 then goto continue end if i > 300 then break end n = n + i ::continue:: end print(n) n = 0 repeat n = n + 1 local done = n >= 250 until done print(n) local tmp for k = 1, 200 do local o = { k = k, s = tostring(k) } if k == 150 then tmp = o end end print(tmp.k, tmp.s) local kept = {} for k = 1, 200 do local o = { k } if k % 70 == 0 then kept[#kept + 1] = o end o[1] = o[1] + 0.5 end print(kept[1][1], kept[2][1]) local up = {} for k = 1, 150 do local v = k if k % 60 == 0 then up[#up + 1] = function() v = v + 1 return v end end v = v * 2 end print(up[1](), up[1](), up[2]()) local ok, m = pcall(function() local x = {} for k = 1, 200 do x = k < 190 and { y = { z = k } } or {} s = x.y.z end end) print(ok, m, s) local function lines() local x = 0
  for k = 1, 150 do
    x = x + 1
    if k == 140 then
      return debug.getinfo(1, "l").currentline, debug.getlocal(1, 1)
    end
  end
end print(lines())
--> 23456781 34567812 45678123 56781234 67812345
--> 14880	27	30
--> 5050
--> 101	101	99	c
--> 450
--> 22500
--> 250
--> 150	150
--> 70.5	140.5
--> 121	122	241
--> false	exits.lua:2: attempt to index field 'y' (a nil value)	189
--> 6	x	140

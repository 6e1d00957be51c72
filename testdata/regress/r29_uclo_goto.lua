local function f(n) local fs = {} while true do local v = n fs[#fs+1] = function() v = v + 1 return v end if n > 2 then for i = 1, 2 do local w = i fs[#fs+1] = function() return w end if i == 2 then return fs end end break end n = n + 1 end return fs end
local r = {} for _ = 1, 60 do for _, g in ipairs(f(1)) do r[#r+1] = g() end end
local s = 0 for _, v in ipairs(r) do s = s + v end print(s, #r)
--> 720	300

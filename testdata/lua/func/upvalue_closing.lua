-- When upvalues are closed: block ends, break, goto, return, errors, loops.
local fs = {}
local function keep(f) fs[#fs + 1] = f return f end
do local v = "block" keep(function() return v end) v = v .. " end" end
while true do local v = "break" keep(function() return v end) v = v .. " taken" break end
for i = 1, 2 do local v = "iter" .. i keep(function() v = v .. "." return v end) if i == 2 then break end end
local function ret() local v = "return" keep(function() return v end) v = "changed before return" return v end ret()
pcall(function() local v = "error" keep(function() return v end) v = "set before error" error "x" end)
do local v = 1 ::top:: local w = v keep(function() return w end) v = v + 1 if v < 4 then goto top end end
local co = coroutine.wrap(function() local v = "coroutine" keep(function() return v end) coroutine.yield() v = "resumed" end)
co() local before = fs[#fs]() co() print(before, fs[#fs]())
for i, f in ipairs(fs) do print(i, f()) end
print(fs[3](), fs[4]())
local function pair() local v = 0 return function() v = v + 1 end, function() return v end end
local up, rd = pair() up() up() print(rd())
local function many() local a, b, c = 1, 2, 3 return function() a, b, c = b, c, a return a, b, c end end
local m = many() print(m()) print(m())
local t = {} for i = 1, 3 do local a = i t[i] = function() return function() a = a + 1 return a end end end
print(t[1]()(), t[1]()(), t[2]()(), t[3]()())
local function tail() local v = "tail" keep(function() return v end) return (function() return v end)() end print(tail())
do local a, b = 1, 2 local f = function() return a end local g = function() return b end a, b = 3, 4 print(f(), g()) end
--> coroutine	resumed
--> 1	block end
--> 2	break taken
--> 3	iter1.
--> 4	iter2.
--> 5	changed before return
--> 6	set before error
--> 7	1
--> 8	2
--> 9	3
--> 10	resumed
--> iter1..	iter2..
--> 2
--> 2	3	1
--> 3	1	2
--> 2	3	3	4
--> tail
--> 3	4

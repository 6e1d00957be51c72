-- __index with odd handlers: multiple results, non-callables, errors, loops, nil keys.
local t = setmetatable({}, { __index = function(t, k) return "a", "b" end }) print(t.x, (t.y))
print(t[nil], t[0 / 0])
t = setmetatable({}, { __index = function() end }) print(t.x, select("#", t.x))
t = setmetatable({}, { __index = 5 }) print(pcall(function() return t.x end))
t = setmetatable({}, { __index = "abc" }) print(t.len == string.len, t.upper and "string methods")
t = setmetatable({}, { __index = function(_, k) error("no field " .. tostring(k), 0) end }) print(pcall(function() return t.q end))
local loop = {} setmetatable(loop, { __index = loop }) print(pcall(function() return loop.x end))
local a, b = {}, {} setmetatable(a, { __index = b }) setmetatable(b, { __index = a }) print(pcall(function() return a.x end))
t = setmetatable({}, { __index = setmetatable({}, { __call = function() return "callable table is indexed" end }) }) print(t.x)
debug.setmetatable(1, { __index = { double = function(n) return n * 2 end, one = 1 } }) print((5):double(), (3).one, (2).none) debug.setmetatable(1, nil)
debug.setmetatable(true, { __index = function(b, k) return tostring(b) .. k end }) print((true).x, (false).y) debug.setmetatable(true, nil)
debug.setmetatable(nil, { __index = function(_, k) return k end }) local n print(n.field, (nil)[3]) debug.setmetatable(nil, nil)
debug.setmetatable(print, { __index = function(f, k) return k .. " of function" end }) print(print.name, (function() end).x) debug.setmetatable(print, nil)
getmetatable("").__index = function(s, k) if type(k) == "number" then return s:sub(k, k) end return string[k] end print(("abc")[2], ("abc"):len()) getmetatable("").__index = string
local deep = { v = "bottom" } for i = 1, 50 do deep = setmetatable({}, { __index = deep }) end print(deep.v, deep.w)
local big = { v = 1 } for i = 1, 150 do big = setmetatable({}, { __index = big }) end print(pcall(function() return big.v end))
local cached = setmetatable({}, { __index = function(t, k) local v = k * k rawset(t, k, v) return v end }) print(cached[4], rawget(cached, 4), cached[4])
local keys = {} for k = 1, 3 do keys[k] = setmetatable({}, { __index = { k } })[1] end print(unpack(keys))
local y = coroutine.wrap(function() local p = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end }) return p.a + p.b end) print(y(), y(1), y(2))
--> a	a
--> a	a
--> nil	1
--> false	index_more.lua:5: attempt to index a number value
--> true	string methods
--> false	no field q
--> false	index_more.lua:8: loop in gettable
--> false	index_more.lua:9: loop in gettable
--> nil
--> 10	1	nil
--> truex	falsey
--> field	3
--> name of function	x of function
--> b	3
--> bottom	nil
--> false	index_more.lua:17: loop in gettable
--> 16	16	16
--> 1	2	3
--> a	b	3

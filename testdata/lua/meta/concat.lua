-- __concat: sides, chains, right association, errors within.
local mt = {}
local function V(n) return setmetatable({ n = n }, mt) end
local function str(x) return type(x) == "table" and "<" .. tostring(x.n) .. ">" or tostring(x) end
mt.__concat = function(a, b) return str(a) .. "+" .. str(b) end
local a, b = V "a", V "b"
print(a .. b, a .. "s", "s" .. a, a .. 1, 1 .. a, a .. nil, nil .. a, a .. {} == nil)
print(a .. b .. "c", "x" .. a .. "y", "x" .. "y" .. a, a .. "x" .. "y", 1 .. 2 .. a .. 3 .. 4)
mt.__concat = function(x, y) return V("(" .. (x.n or x) .. (y.n or y) .. ")") end
debug.setmetatable("", { __index = function(s, k) return string[k] end })
mt.__concat = function(x, y) local function n(v) return type(v) == "table" and v.n or v end return V("(" .. n(x) .. n(y) .. ")") end
print((a .. b .. "c").n, ("p" .. a .. "q" .. b .. "r").n, (a .. (b .. "c")).n, ((a .. b) .. "c").n)
mt.__concat = function() return 1, 2 end print(a .. "x", "x" .. a .. "y")
mt.__concat = function() error("from concat", 0) end
print(pcall(function() return "a" .. "b" .. a .. "c" end))
mt.__concat = nil
print(pcall(function() return a .. "x" end)) print(pcall(function() return "x" .. a end)) print(pcall(function() return 1 .. {} end))
debug.setmetatable(nil, { __concat = function(x, y) return "nil:" .. tostring(x or y) end })
print(nil .. "a", "a" .. nil, nil .. nil) debug.setmetatable(nil, nil)
local co = coroutine.wrap(function() mt.__concat = function(x, y) return coroutine.yield("yielded") end return "r:" .. tostring("a" .. a) end)
print(co()) print(co("resumed"))
debug.setmetatable("", { __index = string })
--> <a>+<b>	<a>+s	s+<a>	<a>+1	1+<a>	<a>+nil	nil+<a>	false
--> <a>+<b>+c	x<a>+y	xy+<a>	<a>+xy	12<a>+34
--> (a(bc))	(p(a(q(br))))	(a(bc))	((ab)c)
--> 1	x1
--> false	from concat
--> false	concat.lua:17: attempt to concatenate upvalue 'a' (a table value)
--> false	concat.lua:17: attempt to concatenate upvalue 'a' (a table value)
--> false	concat.lua:17: attempt to concatenate a table value
--> nil:a	nil:a	nil:nil
--> yielded
--> r:resumed

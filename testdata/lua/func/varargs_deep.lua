-- Varargs through recursion, coroutines, pcall and metamethods.
local function drop(n, ...) if n == 0 then return ... end return drop(n - 1, select(2, ...)) end
print(drop(2, 1, 2, 3, 4)) print(drop(4, 1, 2, 3, 4)) print(drop(0))
local function reverse(...) local function go(n, a, ...) if n == 0 then return end local function app(x, ...) if select("#", ...) == 0 then return x end return ... end return a end
  local t, n = { ... }, select("#", ...) for i = 1, math.floor(n / 2) do t[i], t[n + 1 - i] = t[n + 1 - i], t[i] end return unpack(t, 1, n) end
print(reverse(1, nil, 3)) print(reverse())
print(pcall(function(...) return ... end, 1, nil, nil)) print(select("#", pcall(function(...) return ... end, 1, nil, nil)))
local co = coroutine.wrap(function(...) local n = select("#", ...) while true do n = select("#", coroutine.yield(n, ...)) end end)
print(co(nil, nil)) print(co()) print(co(1, 2, 3))
local obj = setmetatable({}, { __call = function(self, ...) return select("#", ...), ... end })
print(obj()) print(obj(nil)) print(obj(1, 2))
local function acc(...) local a, b, c = ... return function(...) return a, b, c, ... end end
print(acc(1)(2, 3)) print(acc(1, 2, 3, 4)())
local function nested(...) return (function(...) return select("#", ...), (function(...) return ... end)(...) end)(..., "x") end
print(nested(1, 2)) print(nested())
local function bycount(...) local n = select("#", ...) if n > 3 then return n end return bycount(n, ...) end print(bycount(), bycount(1, 2, 3, 4))
local t = { (function(...) return ... end)(nil, nil, 3) } print(t[3])
local ok, e = pcall(function(...) local a, b = ... return a + b end, 1) print(ok, (e:gsub("^.-:%d+: ", "")))
local function arity(n) local r = {} for i = 1, n do r[i] = i end return unpack(r) end
for _, n in ipairs { 0, 1, 2, 7, 100, 240 } do io.write(select("#", arity(n)), " ") end print()
print((function(a, b, ...) local c = ... return a, b, c end)(arity(5)))
--> 3	4
-->
-->
--> 3	nil	1
-->
--> true	1	nil	nil
--> 4
--> 2	nil	nil
--> 0	nil	nil
--> 3	nil	nil
--> 0
--> 1	nil
--> 2	1	2
--> 1	nil	nil	2	3
--> 1	2	3
--> 2	1	x
--> 2	nil	x
--> 4	4
--> 3
--> false	attempt to perform arithmetic on local 'b' (a nil value)
--> 0 1 2 7 100 240 
--> 1	2	3

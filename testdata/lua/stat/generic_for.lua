-- The generic for loop: iterator triples, closures, callables, errors.
local function range(n, i) if i < n then return i + 1 end end
for i in range, 3, 0 do io.write(i, " ") end print()
local function pairsof(t, i) i = i + 1 if t[i] then return i, t[i], t[i] * 2 end end
for i, v, d in pairsof, { 5, 6 }, 0 do io.write(i, "=", v, "/", d, " ") end print()
for a, b, c, d in pairsof, { 5 }, 0 do print(a, b, c, d) end
local calls = 0
for x in function(s, c) calls = calls + 1 if calls < 4 then return calls, s, c end end do io.write(x, " ") end print(calls)
local callable = setmetatable({}, { __call = function(self, s, c) c = c + 1 if c <= s then return c end end })
for i in callable, 3, 0 do io.write(i, " ") end print()
for i, v in ipairs { "a", "b", nil, "d" } do io.write(i, v, " ") end print()
for k in pairs {} do error "never" end
for k, v in next, { x = 1 } do print(k, v) end
for w in ("one two"):gmatch "%a+" do io.write(w, ";") end print()
print(pcall(function() for i in nil do end end))
print(pcall(function() for i in {} do end end))
print(pcall(function() for i in 5 do end end))
print(pcall(function() local it for i in it do end end))
for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do io.write(v, " ") end print()
for i, v in ipairs { 1, 2, 3 } do i = i * 10 v = nil io.write(i, " ") end print()
local fs = {}
for i, v in ipairs { "x", "y" } do fs[i] = function() v = v .. "'" return v end end
print(fs[1](), fs[1](), fs[2]())
local function multi() return range, 2, 0, "extra" end
for i in multi() do io.write(i, " ") end print()
for i in (function() local n = 0 return function() n = n + 1 if n < 3 then return n end end end)() do io.write(i, " ") end print()
for k, v in next, { 1, 2, 3 } do if k == 2 then break end io.write(k, " ") end print()
for i in range, 1, 0 do for j in range, 2, 0 do io.write(i, j, " ") end end print()
--> 1 2 3 
--> 1=5/10 2=6/12 
--> 1	5	10	nil
--> 1 2 3 4
--> 1 2 3 
--> 1a 2b 
--> x	1
--> one;two;
--> false	generic_for.lua:15: attempt to call a nil value
--> false	generic_for.lua:16: attempt to call a table value
--> false	generic_for.lua:17: attempt to call a number value
--> false	generic_for.lua:18: attempt to call a nil value
--> 1 2 3 
--> 10 20 30 
--> x'	x''	y'
--> 1 2 
--> 1 2 
--> 1 
--> 11 12 

-- pcall: nesting, results, non-functions, state after errors, loops of errors.
print(pcall(function() return 1, 2, 3 end)) print(pcall(function() end)) print(pcall(pcall, pcall, function() error("x", 0) end)) print(pcall(pcall, pcall))
local n = 0 for i = 1, 1000 do local ok = pcall(error, i) if not ok then n = n + 1 end end print(n)
local function nest(d) if d == 0 then error("bottom", 0) end local ok, m = pcall(nest, d - 1) error(m .. "<" .. d, 0) end print(pcall(nest, 10))
local t = {} local ok = pcall(function() t.a = 1 t.b = nil + 1 t.c = 3 end) print(ok, t.a, t.b, t.c)
local a, b = pcall(false or function() return "f" end) print(a, b)
--> true	1	2	3
--> true
--> true	true	false	x
--> true	false	bad argument #1 to '?' (value expected)
--> 1000
--> false	bottom<1<2<3<4<5<6<7<8<9<10
--> false	1	nil	nil
--> true	f

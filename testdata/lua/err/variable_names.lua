-- Messages name the variable: local, upvalue, global, field, method, constant key.
local function try(f, ...) print((select(2, pcall(f, ...)))) end
local up, upt = nil, {}
try(function() local a a() end) try(function() up() end) try(function() glob() end) try(function() upt.f() end) try(function() upt:m() end) try(function() upt["key"]() end) try(function() upt[1]() end) try(function() local k = "k" upt[k]() end)
try(function() local a return a.x end) try(function() return up.x end) try(function() return glob.x end) try(function() return upt.a.b end) try(function() return upt[1].b end) try(function() local i = 1 return upt[i].b end) try(function() return upt.a.b.c end)
try(function() local a a.x = 1 end) try(function() up.x = 1 end) try(function() glob.x = 1 end) try(function() upt.a.b = 1 end) try(function() upt[1][2] = 1 end)
try(function() local a return a + 1 end) try(function() return 1 + up end) try(function() return glob * 2 end) try(function() return upt.x / 2 end) try(function() return -upt.y end) try(function() return upt[1] - 1 end) try(function(p) return p ^ 2 end) try(function(p, q) return p % q end, 1)
try(function() local a return a .. "x" end) try(function() return "x" .. up end) try(function() return glob .. "x" .. 1 end) try(function() return upt.x .. upt.y end)
try(function() local a return #a end) try(function() return #up end) try(function() return #glob end) try(function() return #upt.x end)
try(function() local a, b = 1 return a < b end) try(function() return up < 1 end) try(function() return {} < {} end) try(function() return "a" < 1 end) try(function() return nil >= true end) try(function() return print < print end)
try(function() local a = "x" return a + 1 end) try(function() local t = {} return t.x.y.z end) try(function() local s = "s" s.x.y = 1 end) try(function() return ("x").y.z end) try(function() ("x"):nomethod() end)
try(function() string.nofunction() end) try(function() local string = string string.nofunction() end) try(function() math.floor({}) end) try(function() return (nil)() end) try(function() return (1 + 2)() end) try(function() return upt.x.y() end)
try(function() return upt.f.g.h() end) try(function(...) return (...)() end) try(function(...) local a = ... return a.b end, 5) try(function(a) a.b.c = 1 end, {}) try(function() return (up or upt.z).w end) try(function() return (up and 1).x end)
try(function() for i = 1, 3 do local v = upt[i] v() end end) try(function() local f = upt.f f() end) try(function() return not up.x end) try(function() if glob.y then end end)
--> variable_names.lua:4: attempt to call local 'a' (a nil value)
--> variable_names.lua:4: attempt to call upvalue 'up' (a nil value)
--> variable_names.lua:4: attempt to call global 'glob' (a nil value)
--> variable_names.lua:4: attempt to call field 'f' (a nil value)
--> variable_names.lua:4: attempt to call method 'm' (a nil value)
--> variable_names.lua:4: attempt to call field 'key' (a nil value)
--> variable_names.lua:4: attempt to call a nil value
--> variable_names.lua:4: attempt to call a nil value
--> variable_names.lua:5: attempt to index local 'a' (a nil value)
--> variable_names.lua:5: attempt to index upvalue 'up' (a nil value)
--> variable_names.lua:5: attempt to index global 'glob' (a nil value)
--> variable_names.lua:5: attempt to index field 'a' (a nil value)
--> variable_names.lua:5: attempt to index a nil value
--> variable_names.lua:5: attempt to index a nil value
--> variable_names.lua:5: attempt to index field 'a' (a nil value)
--> variable_names.lua:6: attempt to index local 'a' (a nil value)
--> variable_names.lua:6: attempt to index upvalue 'up' (a nil value)
--> variable_names.lua:6: attempt to index global 'glob' (a nil value)
--> variable_names.lua:6: attempt to index field 'a' (a nil value)
--> variable_names.lua:6: attempt to index a nil value
--> variable_names.lua:7: attempt to perform arithmetic on local 'a' (a nil value)
--> variable_names.lua:7: attempt to perform arithmetic on upvalue 'up' (a nil value)
--> variable_names.lua:7: attempt to perform arithmetic on global 'glob' (a nil value)
--> variable_names.lua:7: attempt to perform arithmetic on field 'x' (a nil value)
--> variable_names.lua:7: attempt to perform arithmetic on field 'y' (a nil value)
--> variable_names.lua:7: attempt to perform arithmetic on a nil value
--> variable_names.lua:7: attempt to perform arithmetic on local 'p' (a nil value)
--> variable_names.lua:7: attempt to perform arithmetic on local 'q' (a nil value)
--> variable_names.lua:8: attempt to concatenate local 'a' (a nil value)
--> variable_names.lua:8: attempt to concatenate upvalue 'up' (a nil value)
--> variable_names.lua:8: attempt to concatenate global 'glob' (a nil value)
--> variable_names.lua:8: attempt to concatenate field 'x' (a nil value)
--> variable_names.lua:9: attempt to get length of local 'a' (a nil value)
--> variable_names.lua:9: attempt to get length of upvalue 'up' (a nil value)
--> variable_names.lua:9: attempt to get length of global 'glob' (a nil value)
--> variable_names.lua:9: attempt to get length of field 'x' (a nil value)
--> variable_names.lua:10: attempt to compare number with nil
--> variable_names.lua:10: attempt to compare nil with number
--> variable_names.lua:10: attempt to compare two table values
--> variable_names.lua:10: attempt to compare string with number
--> variable_names.lua:10: attempt to compare boolean with nil
--> variable_names.lua:10: attempt to compare two function values
--> variable_names.lua:11: attempt to perform arithmetic on local 'a' (a string value)
--> variable_names.lua:11: attempt to index field 'x' (a nil value)
--> variable_names.lua:11: attempt to index field 'x' (a nil value)
--> variable_names.lua:11: attempt to index field 'y' (a nil value)
--> variable_names.lua:11: attempt to call method 'nomethod' (a nil value)
--> variable_names.lua:12: attempt to call field 'nofunction' (a nil value)
--> variable_names.lua:12: attempt to call field 'nofunction' (a nil value)
--> variable_names.lua:12: bad argument #1 to 'floor' (number expected, got table)
--> variable_names.lua:12: attempt to call a nil value
--> variable_names.lua:12: attempt to call a number value
--> variable_names.lua:12: attempt to index field 'x' (a nil value)
--> variable_names.lua:13: attempt to index field 'f' (a nil value)
--> variable_names.lua:13: attempt to call a nil value
--> variable_names.lua:13: attempt to index local 'a' (a number value)
--> variable_names.lua:13: attempt to index field 'b' (a nil value)
--> variable_names.lua:13: attempt to index field 'z' (a nil value)
--> variable_names.lua:13: attempt to index a nil value
--> variable_names.lua:14: attempt to call local 'v' (a nil value)
--> variable_names.lua:14: attempt to call local 'f' (a nil value)
--> variable_names.lua:14: attempt to index upvalue 'up' (a nil value)
--> variable_names.lua:14: attempt to index global 'glob' (a nil value)

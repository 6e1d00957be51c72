-- The length operator.
print(#"", #"abc", #"a\0b", #("x"):rep(1000))
print(#{}, #{ 1, 2, 3 }, #{ n = 1 }, #{ 1, 2, nil }, #{ [1] = "a", [2] = "b" })
local t = {}
for i = 1, 10 do t[i] = i end
print(#t)
t[#t + 1] = "x" print(#t, t[11])
t[#t] = nil print(#t)
for i = #t, 1, -1 do t[i] = nil end
print(#t)
local u = { [0] = "zero", 1, 2 }
print(#u)
u[3], u[4] = 3, 4 print(#u)
local function n(...) return #{ ... } end
print(n(), n(1), n(1, 2, 3), n(n(), n()))
for _, v in ipairs { 1, true, print } do print(pcall(function() return #v end)) end
print(pcall(function() local x return #x end))
print(pcall(function() return #undefinedname end))
print(pcall(function() return #t.missing end))
local mt = setmetatable({ 1, 2 }, { __len = function() return 99 end })
print(#mt)
--> 0	3	3	1000
--> 0	3	0	2	2
--> 10
--> 11	x
--> 10
--> 0
--> 2
--> 4
--> 0	1	3	2
--> false	length.lua:16: attempt to get length of upvalue 'v' (a number value)
--> false	length.lua:16: attempt to get length of upvalue 'v' (a boolean value)
--> false	length.lua:16: attempt to get length of upvalue 'v' (a function value)
--> false	length.lua:17: attempt to get length of local 'x' (a nil value)
--> false	length.lua:18: attempt to get length of global 'undefinedname' (a nil value)
--> false	length.lua:19: attempt to get length of field 'missing' (a nil value)
--> 2

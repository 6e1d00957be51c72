-- Truncated and mutilated dumps are refused with an error.
-- luajit: differs: it trusts bytecode, and only notices some truncations
local source = "local t = { 1, 'two', x = 3.5 } local function f(a, ...) return a, t, ... end for i = 1, 3 do t[i] = f(i) end return #t"
local d = string.dump(loadstring(source)) print(loadstring(d)()) local refused = 0 for n = 1, #d - 1 do local f = loadstring(d:sub(1, n)) if not f then refused = refused + 1 end end print(refused == #d - 1)
for _, s in ipairs { "\27LJ", "\27LJ\2", "\27LJ\1\2\0", "\27LJ\3\2\0", "\27LJ\2\255", "\27LJ\2\2\255\255\255\255\127", "\27LuaQ\0\1\4\8\4\8\0", "\27Lua" .. ("\0"):rep(50) } do local f, m = loadstring(s, "=bin") print(f, type(m)) end
--> 3
--> true
--> nil	string
--> nil	string
--> nil	string
--> nil	string
--> nil	string
--> nil	string
--> nil	string
--> nil	string

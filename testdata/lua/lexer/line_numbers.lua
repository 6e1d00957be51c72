-- Line counting over strings, comments and newline forms.
local function line() return debug.getinfo(2, "l").currentline end
print(line())
local s = [[
two
three]] print(line())
--[[

]] print(line())
local t = "a\
b" print(line())
local u = "a\z

b" print(line())
print(select(2, loadstring("\r\n\r\n\n\r x x", "=t")))
print(select(2, loadstring("\r\r\r x x", "=t")))
print(select(2, loadstring("x = [[\n\n]] y y", "=t")))
print(select(2, loadstring("\n\nlocal function f()\n\n", "=t")))
--> 3
--> 6
--> 9
--> 11
--> 14
--> t:4: '=' expected near 'x'
--> t:4: '=' expected near 'x'
--> t:3: '=' expected near 'y'
--> t:5: 'end' expected (to close 'function' at line 3) near '<eof>'

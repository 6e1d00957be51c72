-- setfenv and getfenv: functions, levels, main chunk, inheritance by closures.
local function f() return x end
x = "global x" print(f())
setfenv(f, { x = "env x" }) print(f(), x, getfenv(f).x)
local env = setmetatable({}, { __index = _G })
local function g() y = 1 local function h() return y, z end z = 2 return h end
setfenv(g, env) print(g()()) print(env.y, env.z, rawget(_G, "y"))
print(getfenv(0) == _G, getfenv(1) == _G, getfenv() == _G, getfenv(print) == _G)
local function level() setfenv(1, { print = print, marker = "inside" }) print(marker) return marker end print(level(), marker)
local function caller() local function callee() setfenv(2, { tostring = tostring, w = "set by callee" }) end callee() return w end print(caller())
print(pcall(setfenv, 1)) print(pcall(setfenv, 1, 2)) print(pcall(setfenv, -1, {})) print(pcall(setfenv, 100, {}))
print(pcall(getfenv, -1)) print(pcall(getfenv, 100)) print(pcall(setfenv, "x", {})) print(pcall(setfenv, print, {}))
local chunk = loadstring "a = 1 b = a + 1 return a, b" local ce = {} print(setfenv(chunk, ce) == chunk, chunk()) print(ce.a, ce.b, a)
local ok, e = pcall(setfenv(function() return undefinedfunction() end, {})) print(e)
local co = coroutine.create(function() return getfenv(0), getfenv(1) end)
local ce2 = { getfenv = getfenv } local _, e0, e1 = coroutine.resume(co) print(e0 == _G, e1 == _G)
local made = setfenv(function() return function() return q end end, { q = "inherited" })() print(made())
print(debug.getfenv(made).q, debug.setfenv(made, { q = "via debug" }) == made, made())
_G.newglobal = 5 print(newglobal, _G._G == _G) _G.newglobal = nil print(newglobal)
setmetatable(_G, { __index = function(_, k) return "default " .. k end, __newindex = function(t, k, v) rawset(t, k, v * 2) end })
print(unset) other = 21 print(other) setmetatable(_G, nil) print(rawget(_G, "unset"))
--> global x
--> env x	global x	env x
--> 1	2
--> 1	2	nil
--> true	true	true	true
--> inside
--> inside	nil
--> set by callee
--> false	bad argument #2 to '?' (table expected, got no value)
--> false	bad argument #2 to '?' (table expected, got number)
--> false	bad argument #1 to '?' (invalid level)
--> false	bad argument #1 to '?' (invalid level)
--> false	bad argument #1 to '?' (invalid level)
--> false	bad argument #1 to '?' (invalid level)
--> false	bad argument #1 to '?' (number expected, got string)
--> false	'setfenv' cannot change environment of given object
--> true	1	2
--> 1	2	nil
--> environments.lua:14: attempt to call global 'undefinedfunction' (a nil value)
--> true	true
--> inherited
--> inherited	true	via debug
--> 5	true
--> nil
--> default unset
--> 42
--> nil

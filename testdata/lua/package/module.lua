-- module() and package.seeall.
local saved = _G module("mymodule") function f() return "f of " .. saved.tostring(saved.mymodule._NAME) end x = 1 local g = saved.getfenv(1) saved.setfenv(1, saved) print(mymodule.f(), mymodule.x, mymodule._M == mymodule, mymodule._PACKAGE, package.loaded.mymodule == mymodule, g == mymodule)
local function make() module("a.b.c", package.seeall) value = print ~= nil function get() return _NAME, _PACKAGE end end make() print(a.b.c.value, a.b.c.get()) print(package.loaded["a.b.c"] == a.b.c, getmetatable(a.b.c).__index == _G) local function reopen() module("a.b.c") added = 5 end reopen() print(a.b.c.added, a.b.c.value) taken = 5 print(pcall(function() module("taken") end)) print(pcall(module)) print(pcall(module, {})) print(pcall(function() module("taken.sub") end)) local function opt() module("withopt", function(m) m.option = m._NAME .. "!" end) end opt() print(withopt.option) print(pcall(package.seeall)) print(pcall(package.seeall, 1)) local t = {} package.seeall(t) print(t.print == print, rawget(t, "print"))
--> f of mymodule	1	true		true	true
--> true	a.b.c	a.b.
--> true	true
--> 5	true
--> false	module.lua:3: name conflict for module 'taken'
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #1 to '?' (string expected, got table)
--> false	module.lua:3: name conflict for module 'taken.sub'
--> withopt!
--> false	bad argument #1 to '?' (table expected, got no value)
--> false	bad argument #1 to '?' (table expected, got number)
--> true	nil

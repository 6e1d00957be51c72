-- debug.getinfo: every field, for every kind of function and level.
local function show(i, ...) local o = {} for _, k in ipairs { ... } do o[#o + 1] = k .. "=" .. tostring(i[k]) end print(table.concat(o, " ")) end
local function f(a, b, ...) local i = debug.getinfo(1, "nSlufL") return i, a, b end local i = f(1, 2) show(i, "name", "namewhat", "source", "short_src", "what", "currentline", "linedefined", "lastlinedefined", "nups", "nparams", "isvararg") print(i.func == f, type(i.activelines), i.activelines[3], i.activelines[4]) show(debug.getinfo(f), "name", "namewhat", "what", "currentline", "linedefined", "nparams", "isvararg") show(debug.getinfo(print), "what", "short_src", "source", "currentline", "linedefined", "lastlinedefined", "nparams", "isvararg")
show(debug.getinfo(1, "S"), "what", "linedefined", "source") show(debug.getinfo(1, "l"), "currentline", "what") print(debug.getinfo(50), pcall(debug.getinfo, "x"), pcall(debug.getinfo)) print(pcall(debug.getinfo, 1, "X")) print(pcall(debug.getinfo, 1, ">S")) print(debug.getinfo(1, "").what, next(debug.getinfo(1, "")))
local t = {} function t.method() local i = debug.getinfo(1, "n") return i end function t:m2() local i = debug.getinfo(1, "n") return i end function globalf() local i = debug.getinfo(1, "n") return i end local i = t.method() show(i, "name", "namewhat") i = t:m2() show(i, "name", "namewhat") i = globalf() show(i, "name", "namewhat") local up = globalf i = (function() local r = up() return r end)() show(i, "name", "namewhat") i = (function() local i = debug.getinfo(1, "n") return i end)() show(i, "name", "namewhat") local mt = setmetatable({}, { __index = function() local i = debug.getinfo(1, "n") return i end, __add = function() local i = debug.getinfo(1, "n") return i end, __lt = function() show(debug.getinfo(1, "n"), "name", "namewhat") end, __call = function() local i = debug.getinfo(1, "n") return i end, __concat = function() local i = debug.getinfo(1, "n") return i end, __eq = function() show(debug.getinfo(1, "n"), "name", "namewhat") end })
i = mt.x show(i, "name", "namewhat") i = mt + 1 show(i, "name", "namewhat") local _ = mt < mt i = mt() show(i, "name", "namewhat") i = mt .. "x" show(i, "name", "namewhat") _ = mt == setmetatable({}, getmetatable(mt)) for k in (function() show(debug.getinfo(1, "n"), "name", "namewhat") end) do end table.sort({ 1, 2 }, function() show(debug.getinfo(1, "n"), "name", "namewhat") show(debug.getinfo(2, "nS"), "name", "namewhat", "what") end) local function tail() return globalf() end i = tail() show(i, "name", "namewhat")
local co = coroutine.create(function(a) local x = 5 coroutine.yield() end) coroutine.resume(co, 1) show(debug.getinfo(co, 0, "nSl"), "name", "what", "currentline") show(debug.getinfo(co, 1, "nSl"), "name", "what", "currentline", "linedefined") print(debug.getinfo(co, 2)) show(debug.getinfo(co, f, "S"), "linedefined") local lines = {} for l in pairs(debug.getinfo(loadstring "local a\n\nlocal b = 1\n\n\nreturn b", "L").activelines) do lines[#lines + 1] = l end table.sort(lines) print(table.concat(lines, " ")) show(debug.getinfo(loadstring("return 1", "text chunk"), "S"), "source", "short_src", "what") show(debug.getinfo(loadstring("return 1", "=eq"), "S"), "source", "short_src") show(debug.getinfo(loadstring("return 1", "@at.lua"), "S"), "source", "short_src") show(debug.getinfo(coroutine.wrap(f), "S"), "what")
--> name=f namewhat=local source=@getinfo.lua short_src=getinfo.lua what=Lua currentline=3 linedefined=3 lastlinedefined=3 nups=0 nparams=2 isvararg=true
--> true	table	true	nil
--> name=nil namewhat= what=Lua currentline=-1 linedefined=3 nparams=2 isvararg=true
--> what=C short_src=[C] source==[C] currentline=-1 linedefined=-1 lastlinedefined=-1 nparams=0 isvararg=true
--> what=main linedefined=0 source=@getinfo.lua
--> currentline=4 what=nil
--> nil	false	false	bad argument #1 to '?' (function or level expected)
--> false	bad argument #2 to '?' (invalid option)
--> false	bad argument #2 to '?' (invalid option)
--> nil	nil
--> name=method namewhat=field
--> name=m2 namewhat=method
--> name=globalf namewhat=global
--> name=up namewhat=upvalue
--> name=nil namewhat=
--> name=__index namewhat=metamethod
--> name=__add namewhat=metamethod
--> name=__lt namewhat=metamethod
--> name=mt namewhat=local
--> name=__concat namewhat=metamethod
--> name=__eq namewhat=metamethod
--> name=(for generator) namewhat=local
--> name=nil namewhat=
--> name=sort namewhat=field what=C
--> name=tail namewhat=local
--> name=yield what=C currentline=-1
--> name=nil what=Lua currentline=7 linedefined=7
--> nil
--> linedefined=3
--> 1 3 6
--> source=text chunk short_src=[string "text chunk"] what=main
--> source==eq short_src=eq
--> source=@at.lua short_src=at.lua
--> what=C

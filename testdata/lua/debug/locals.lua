-- getlocal and setlocal: names, temporaries, varargs by negative index, other threads, parameters of functions.
local function list(level) local o, i = {}, 1 while true do local n, v = debug.getlocal(level + 1, i) if not n then break end o[#o + 1] = n .. "=" .. tostring(v) i = i + 1 end return table.concat(o, " ") end
local function f(a, b, ...) local x = 10 do local inner = 20 end local y, z = 30 return (list(1):gsub("table: 0x%x+", "table")) end print(f(1, 2, 3, 4)) local function va(...) local a = 5 local o = {} for i = 1, 4 do local n, v = debug.getlocal(1, -i) o[i] = tostring(n) .. "=" .. tostring(v) end return table.concat(o, " ") end print(va()) print(va("p", nil, "q")) local function set() local a, b = 1, 2 print(debug.setlocal(1, 1, "new a"), debug.setlocal(1, 2, "new b"), debug.setlocal(1, 100, "none")) return a, b end print(set()) local function setva(...) print(debug.setlocal(1, -1, "changed")) return ... end print(setva("orig", 2)) local function outer() local secret = "s" local function inner() print(debug.getlocal(2, 1)) debug.setlocal(2, 1, "exposed") end inner() return secret end print(outer())
print(debug.getlocal(f, 1), debug.getlocal(f, 2), debug.getlocal(f, 3), debug.getlocal(print, 1)) print(pcall(debug.getlocal, 50, 1)) print(pcall(debug.getlocal, 1)) print(pcall(debug.setlocal, 50, 1, 1)) print(pcall(debug.getlocal, {}, 1)) local co = coroutine.create(function(a, ...) local b = a * 2 coroutine.yield(b) return a, b, ... end) coroutine.resume(co, 21, "v") print(debug.getlocal(co, 1, 1), debug.getlocal(co, 1, 2), debug.getlocal(co, 1, 3)) print(debug.getlocal(co, 1, -1)) print(debug.setlocal(co, 1, 1, "changed")) print(coroutine.resume(co)) for i = 1, 2 do local n, v = debug.getlocal(1, 1) end local function loopvars() for i = 5, 5 do for j = 7, 7, 2 do return (list(1):gsub("0x%x+", "?"):gsub("builtin#%d+", "?")) end end end print((loopvars():gsub("function: %?", "function"))) local function shadow() local x = 1 local x = 2 do local x = 3 return (list(1)) end end print(shadow()) local function scope() do local gone = 1 end local here = 2 return (list(1)) end print(scope())
--> a=1 b=2 x=10 y=30 z=nil
--> nil=nil nil=nil nil=nil nil=nil
--> (*vararg)=p (*vararg)=nil (*vararg)=q nil=nil
--> a	b	nil
--> new a	new b
--> (*vararg)
--> changed	2
--> secret	s
--> exposed
--> a	b	nil	nil
--> false	bad argument #1 to '?' (level out of range)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (level out of range)
--> false	bad argument #1 to '?' (number expected, got table)
--> a	b	nil
--> (*vararg)	v
--> a
--> true	changed	42	v
--> (for index)=5 (for limit)=5 (for step)=1 i=5 (for index)=7 (for limit)=7 (for step)=2 j=7
--> x=1 x=2 x=3
--> here=2

-- xpcall: arguments, handler results, handlers that fail, tracebacks in handlers.
print(xpcall(function(...) return select("#", ...), ... end, print, 1, nil, 3))
print(xpcall(error, function(m) return "handled " .. tostring(m) end, "e", 0))
print(xpcall(error, function(m) return m, "second" end, "e", 0))
print(xpcall(function() local x = nil + 1 end, function(m) return "H:" .. m end))
print(xpcall(function() error({ 1 }) end, function(m) return type(m) end))
print(xpcall(error, function() error "again" end, "x"))
print(xpcall(function() error("a", 0) end, function(m) return (debug.traceback(m, 1):gsub("0x%x+", "0x?")) end))
print(xpcall(function() error("a", 0) end, function(m) return (debug.traceback(m, 2):gsub("\n.*", "")) end))
local depth = 0 print(xpcall(function() error "x" end, function(m) depth = depth + 1 if depth < 5 then error "nested" end return "deep " .. depth end))
print(pcall(xpcall)) print(pcall(xpcall, print)) print(pcall(xpcall, print, nil)) print(xpcall(nil, function(m) return "H " .. m end)) print(pcall(xpcall, nil, nil)) print(pcall(xpcall, 1, 2))
print(pcall(xpcall, print, 5)) print(pcall(xpcall, error, {}, "x"))
print(select("#", xpcall(function() return nil, nil end, print))) print(xpcall(xpcall, print, error, function(m) return "inner " .. m end, "deep"))
local lines = {} xpcall(function() local function a() error "tb" end a() end, function(m) for l in debug.traceback(m):gmatch "[^\n]+" do lines[#lines + 1] = l end end) print(lines[1], lines[2], lines[4])
print(xpcall(function() return xpcall(error, function(m) return "H1 " .. m end, "E1") end, function() return "H2" end))
print(xpcall(function() local ok, m = pcall(error, "inner", 0) error("outer after " .. m, 0) end, function(m) return "H " .. m end))
local locals = {} xpcall(function() local secret = 42 error "x" end, function() locals.name, locals.value = debug.getlocal(3, 1) end) print(locals.name, locals.value)
print(xpcall(string.rep, function(m) return "H: " .. m end)) print(xpcall(function() return ("x"):rep(-1) end, print))
--> true	3	1	nil	3
--> false	handled e
--> false	e
--> false	H:xpcall.lua:5: attempt to perform arithmetic on a nil value
--> false	table
--> false	error in error handling
--> false	a
--> stack traceback:
--> 	xpcall.lua:8: in function <xpcall.lua:8>
--> 	[C]: in function 'error'
--> 	xpcall.lua:8: in function <xpcall.lua:8>
--> 	[C]: in function 'xpcall'
--> 	xpcall.lua:8: in main chunk
--> 	[C]: at 0x?
--> false	a
--> false	error in error handling
--> false	bad argument #1 to '?' (value expected)
--> false	bad argument #2 to '?' (function expected, got no value)
--> false	bad argument #2 to '?' (function expected, got nil)
--> false	H attempt to call a nil value
--> false	bad argument #2 to '?' (function expected, got nil)
--> false	bad argument #2 to '?' (function expected, got number)
--> false	bad argument #2 to '?' (function expected, got number)
--> false	bad argument #2 to '?' (function expected, got table)
--> 3
--> true	false	inner deep
--> xpcall.lua:14: tb	stack traceback:		[C]: in function 'error'
--> true	false	H1 E1
--> false	H outer after inner
--> secret	42
--> false	H: bad argument #1 to '?' (string expected, got no value)
--> true	

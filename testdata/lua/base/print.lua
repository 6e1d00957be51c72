-- print and io.write: conversions, redefined tostring, nothing at all.
print() print(nil) print(nil, false, true) print("") print("a\0b") print(1, "1", 1.0) print(("x"):rep(10), "", "end")
local saved = tostring tostring = function(v) return "<" .. saved(v) .. ">" end print(1, nil, "s") tostring = function() return 5 end local r1, r2 = pcall(print, 1) tostring = function() return nil end local r3, r4 = pcall(print, "x") tostring = saved print(r1, r2, r3, r4)
tostring = nil io.write(tostring == nil and "no tostring\n" or "") local ok, e = pcall(print, "x") io.write(saved(ok), " ", saved(e), "\n") tostring = saved print(1)
io.write() io.write("a", 1, 2.5, -0, "\n") print(pcall(io.write, nil)) print(pcall(io.write, true)) print(pcall(io.write, {})) print(io.write("") == io.stdout)
print(setmetatable({}, { __tostring = function() return "obj" end }), setmetatable({}, { __tostring = function() return "multi\nline" end })) print(pcall(print, setmetatable({}, { __tostring = function() error("ts", 0) end })))
print(io.stdout:write("method ", "write", "\n")) print(select("#", print())) print(-0, 0, 1e100, 1 / 0)
print(pcall(print, setmetatable({}, { __tostring = 1 })))
-->
--> nil
--> nil	false	true
-->
--> a\x00b
--> 1	1	1
--> xxxxxxxxxx		end
--> <1>	<nil>	<s>
--> 5
--> true	nil	false	'tostring' must return a string to 'print'
--> no tostring
--> false attempt to call a nil value
--> 1
--> a12.5-0
--> false	bad argument #1 to '?' (string expected, got nil)
--> false	bad argument #1 to '?' (string expected, got boolean)
--> false	bad argument #1 to '?' (string expected, got table)
--> false
--> obj	multi
--> line
--> false	ts
--> method write
--> true
-->
--> 0
--> -0	0	1e+100	inf
--> false	attempt to call a number value

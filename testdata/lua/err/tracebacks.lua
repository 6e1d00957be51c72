-- debug.traceback: names of functions, levels, messages, tail calls, main chunk.
local function a() return (debug.traceback("tb")) end local function b() return (a()) end function globalfn() local r = b() return r end
local t = { method = function(self) local r = globalfn() return r end, sub = { f = function() local r = globalfn() return r end } }
print((globalfn():gsub("0x%x+", "0x?"))) print((t:method():gsub("0x%x+", "0x?"))) print((t.sub.f():gsub("0x%x+", "0x?")))
local function tail() return a() end print((tail():gsub("0x%x+", "0x?")))
local co = coroutine.create(function() local x = coroutine.yield() end) coroutine.resume(co) print(debug.traceback(co)) print(debug.traceback(co, "msg")) print(debug.traceback(co, "msg", 1)) print(debug.traceback(co, "m", 5))
print(debug.traceback("level 0", 0):match "^level 0\nstack traceback:\n\t%[C%]: in function 'traceback'") print(debug.traceback("high", 50)) print(debug.traceback(nil)) print(debug.traceback({}) ~= nil, debug.traceback(12):match "^12\n", debug.traceback(true))
print(pcall(debug.traceback, "x", {}))
table.sort({ 2, 1 }, function(x, y) if a then print((debug.traceback("in sort"):gsub("0x%x+", "0x?"))) a = nil end return x < y end)
print((("x"):gsub("x", function() return (debug.traceback("in gsub"):gsub("0x%x+", "0x?")) end)))
print((select(2, pcall(function() return debug.traceback("in pcall") end)):gsub("0x%x+", "0x?")))
local mt = setmetatable({}, { __index = function(_, k) return (debug.traceback(k):gsub("0x%x+", "0x?")) end, __add = function() return (debug.traceback("add"):gsub("0x%x+", "0x?")) end }) print(mt.key) print(mt + 1)
for l in (function() return nil end) do end
local function deep(n) if n == 0 then return debug.traceback("deep") end local r = deep(n - 1) return r end local text = deep(40) local n = 0 for l in text:gmatch "\n" do n = n + 1 end print(n, text:match "%.%.%.")
local chunk = loadstring("return debug.traceback('chunk')", "=named") print((chunk():gsub("0x%x+", "0x?")):match "^[^\n]*\n[^\n]*\n[^\n]*") chunk = loadstring("\n\nlocal r = debug.traceback('text') return r") print((chunk():match "^[^\n]*\n[^\n]*\n[^\n]*"))
--> tb
--> stack traceback:
--> 	tracebacks.lua:2: in function 'a'
--> 	tracebacks.lua:2: in function 'b'
--> 	tracebacks.lua:2: in function 'globalfn'
--> 	tracebacks.lua:4: in main chunk
--> 	[C]: at 0x?
--> tb
--> stack traceback:
--> 	tracebacks.lua:2: in function 'a'
--> 	tracebacks.lua:2: in function 'b'
--> 	tracebacks.lua:2: in function 'globalfn'
--> 	tracebacks.lua:3: in function 'method'
--> 	tracebacks.lua:4: in main chunk
--> 	[C]: at 0x?
--> tb
--> stack traceback:
--> 	tracebacks.lua:2: in function 'a'
--> 	tracebacks.lua:2: in function 'b'
--> 	tracebacks.lua:2: in function 'globalfn'
--> 	tracebacks.lua:3: in function 'f'
--> 	tracebacks.lua:4: in main chunk
--> 	[C]: at 0x?
--> tb
--> stack traceback:
--> 	tracebacks.lua:2: in function 'tail'
--> 	tracebacks.lua:5: in main chunk
--> 	[C]: at 0x?
--> stack traceback:
--> 	[C]: in function 'yield'
--> 	tracebacks.lua:6: in function <tracebacks.lua:6>
--> msg
--> stack traceback:
--> 	[C]: in function 'yield'
--> 	tracebacks.lua:6: in function <tracebacks.lua:6>
--> msg
--> stack traceback:
--> 	tracebacks.lua:6: in function <tracebacks.lua:6>
--> m
--> stack traceback:
--> level 0
--> stack traceback:
--> 	[C]: in function 'traceback'
--> high
--> stack traceback:
--> nil
--> true	12
--> 	true
--> false	bad argument #2 to '?' (number expected, got table)
--> in sort
--> stack traceback:
--> 	tracebacks.lua:9: in function <tracebacks.lua:9>
--> 	[C]: in function 'sort'
--> 	tracebacks.lua:9: in main chunk
--> 	[C]: at 0x?
--> in gsub
--> stack traceback:
--> 	tracebacks.lua:10: in function <tracebacks.lua:10>
--> 	[C]: in function 'gsub'
--> 	tracebacks.lua:10: in main chunk
--> 	[C]: at 0x?
--> in pcall
--> stack traceback:
--> 	[C]: in function 'pcall'
--> 	tracebacks.lua:11: in main chunk
--> 	[C]: at 0x?
--> key
--> stack traceback:
--> 	tracebacks.lua:12: in function '__index'
--> 	tracebacks.lua:12: in main chunk
--> 	[C]: at 0x?
--> add
--> stack traceback:
--> 	tracebacks.lua:12: in function '__add'
--> 	tracebacks.lua:12: in main chunk
--> 	[C]: at 0x?
--> 23	...
--> chunk
--> stack traceback:
--> 	tracebacks.lua:15: in main chunk
--> text
--> stack traceback:
--> 	[string "..."]:3: in function 'chunk'

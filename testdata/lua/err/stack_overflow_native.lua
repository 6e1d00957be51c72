-- Recursion through library callbacks that use the native stack ends in an error, too.
-- modes: -gc-stress
-- luajit: differs: it crashes
local function report(name, ok, m) m = tostring(m) print(name, ok, m:match "stack overflow" or m:match "error in error handling" or m) end
local function viagsub(n) return (("x"):gsub("x", function() return viagsub(n + 1) end)) end report("gsub", pcall(viagsub, 1))
local function viasort(n) table.sort({ 2, 1 }, function(a, b) viasort(n + 1) return a < b end) end report("sort", pcall(viasort, 1))
local function viaload(n) return load(function() return viaload(n + 1) end) end local ok = pcall(viaload, 1) print("load", type(ok))
local tt = setmetatable({}, { __tostring = function(t) return ("%s"):format(t) end }) report("format", pcall(tostring, tt))
print("alive", ("abc"):gsub("b", function() return "B" end))
--> gsub	false	stack overflow
--> sort	false	stack overflow
--> load	boolean
--> format	false	stack overflow
--> alive	aBc	1

-- yield is refused across library calls that run on the native stack; they go on afterwards.
local yield = coroutine.yield
local function try(name, f) local co = coroutine.create(f) print(name, coroutine.resume(co)) print("  ", coroutine.status(co)) end
try("sort", function() table.sort({ 3, 2, 1 }, function(a, b) yield() return a < b end) end)
try("gsub", function() return ("abc"):gsub(".", function(c) yield(c) end) end)
try("foreach", function() table.foreach({ 1 }, function() yield() end) end)
try("tostring", function() return tostring(setmetatable({}, { __tostring = function() yield() end })) end)
try("load", function() return load(function() yield() return nil end) end)
try("pcall around", function() return pcall(table.sort, { 2, 1 }, function() yield() end) end)
try("then fine", function() pcall(string.gsub, "x", "x", function() yield() end) return yield("still yields") end)
print(pcall(yield, 1))
local co = coroutine.wrap(function() local t = { 3, 1, 2 } table.sort(t, function(a, b) return coroutine.wrap(function() yield() return a < b end)() or a < b end) return table.concat(t, " ") end) print(co())
print(coroutine.wrap(function() return ("a-b"):gsub("%a", function(c) local w = coroutine.wrap(function() yield(c:upper()) end) return w() end) end)())
local mt = setmetatable({}, { __index = function(_, k) return yield(k) end })
print(coroutine.resume(coroutine.create(function() return ("$x"):gsub("%$(%w+)", mt) end)))
print(coroutine.resume(coroutine.create(function() return table.concat({ 1, 2 }, mt.sep) end)))
print(coroutine.resume(coroutine.create(function() return require("nosuchmodule_" .. yield("name")) end)))
--> sort	false	c_boundary.lua:4: attempt to yield across C-call boundary
-->   	dead
--> gsub	false	c_boundary.lua:5: attempt to yield across C-call boundary
-->   	dead
--> foreach	true
-->   	suspended
--> tostring	true
-->   	suspended
--> load	true	nil	c_boundary.lua:8: attempt to yield across C-call boundary
-->   	dead
--> pcall around	true	false	c_boundary.lua:9: attempt to yield across C-call boundary
-->   	dead
--> then fine	true	still yields
-->   	suspended
--> false	attempt to yield across C-call boundary
--> 1 2 3
--> A-B	2
--> false	attempt to yield across C-call boundary
--> true	sep
--> true	name

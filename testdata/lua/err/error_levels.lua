-- error: levels, positions added only to strings, any value.
local function lvl(n) error("msg", n) end
local function call(n) lvl(n) end
local function try(f, ...) print(pcall(f, ...)) end
try(call, 0)
try(call, 1)
try(call, 2)
try(call, 3) try(call, 4) try(call, 50) try(call, -1) try(call)
try(error) try(error, nil) try(error, "x", 0) try(error, "direct") try(error, "direct", 2) try(error, 42) try(error, 42, 2) try(error, true) 
print(type(select(2, pcall(error, {}))), type(select(2, pcall(error, print))))
local e = setmetatable({}, { __tostring = function() return "custom" end }) print(select(2, pcall(error, e)) == e, tostring(select(2, pcall(error, e))))
try(function() error("in function") end) try(function() error("lvl 2", 2) end) try(function() error() end) try(function() error(nil, 2) end) try(function() error("") end)
print(select("#", pcall(error))) print(pcall(pcall)) print(pcall(pcall, error, "e")) print(pcall(1)) print(pcall(nil)) print(pcall({}))
local function thrower() error({ code = 7, text = "t" }) end
local ok, v = pcall(thrower) print(ok, v.code, v.text)
local function rethrow() local ok, v = pcall(thrower) error(v) end ok, v = pcall(rethrow) print(ok, v.code)
local function cleanup() local ok, m = pcall(error, "first", 0) return m .. " then more" end print(cleanup())
for i = 1, 3 do local ok, m = pcall(function() if i == 2 then error("at " .. i, 0) end return i end) io.write(tostring(ok), ":", tostring(m), " ") end print()
print(pcall(error, "number level", "1")) print(pcall(error, "bad level", {})) print(pcall(error, 1, "x"))
--> false	msg
--> false	error_levels.lua:2: msg
--> false	error_levels.lua:3: msg
--> false	msg
--> false	error_levels.lua:4: msg
--> false	msg
--> false	msg
--> false	error_levels.lua:2: msg
--> false	nil
--> false	nil
--> false	x
--> false	direct
--> false	error_levels.lua:4: direct
--> false	42
--> false	error_levels.lua:4: 42
--> false	true
--> table	function
--> true	custom
--> false	error_levels.lua:12: in function
--> false	lvl 2
--> false	nil
--> false	nil
--> false	error_levels.lua:12: 
--> 2
--> false	bad argument #1 to '?' (value expected)
--> true	false	e
--> false	attempt to call a number value
--> false	attempt to call a nil value
--> false	attempt to call a table value
--> false	7	t
--> false	7
--> first then more
--> true:1 false:at 2 true:3 
--> false	number level
--> false	bad argument #2 to '?' (number expected, got table)
--> false	bad argument #2 to '?' (number expected, got string)

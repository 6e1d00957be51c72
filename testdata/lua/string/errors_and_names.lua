-- Messages of the string, table, math and bit libraries, where they point, and what the libraries hold.
local function t(f, ...) print(pcall(f, ...)) end
t(function() local s = "x" s:rep({}) end) t(function() ("x"):rep() end) t(function() string.rep() end) t(function() local r = string.rep r() end)
t(function() ("x"):format("%") end) t(function() ("%d"):format({}) end) t(function() ("%d"):format() end) t(function() ("x"):gsub("(", "") end) t(function() ("x"):find("%") end)
t(function() ("x"):gsub("x", "%2") end) t(function() ("x"):gsub("x", true) end) t(function() ("x"):gsub("x", function() return {} end) end) t(function() ("x"):gsub("x", {x={}}) end) t(function() ("x"):gsub() end) t(function() ("x"):gsub("x") end) t(function() ("x"):gsub("x", "y", "z") end)
t(function() for w in ("x"):gmatch("(") do end end) t(function() ("x"):gmatch() end) t(function() string.char(256) end) t(function() string.char(-1) end) t(function() ("x"):byte(1, {}) end) t(function() (("x"):rep(9000)):byte(1, -1) end)
t(function() table.concat({1,{},3}) end) t(function() table.concat({1,2}, ",", 1, 3) end) t(function() table.concat({true}) end) t(function() table.concat() end) t(function() table.concat({}, {}) end) t(function() table.concat({}, "", {}) end)
t(function() table.insert({}) end) t(function() table.insert({}, 1, 2, 3) end) t(function() table.insert({}, "a", 2) end) t(function() table.insert(nil, 1) end) t(function() table.insert() end)
t(function() table.sort({3,2,1,4}, function() return true end) end) t(function() table.sort({1,"x"}) end) t(function() table.sort({{},{}}) end) t(function() table.sort({1,2}, 5) end) t(function() table.sort() end) t(function() table.sort({1,2,nil,4}) end) t(function() table.sort({3,1,2}, function(a,b) error("E") end) end) print(type(select(2, pcall(table.sort, {3,1,2}, function() error({}) end))))
t(function() math.floor({}) end) t(function() math.floor("x") end) t(function() math.random(1, "x") end) t(function() math.randomseed() end) t(function() math.fmod(1) end) t(function() math.ldexp(1, {}) end) t(function() math.min() end) t(function() math.min("x") end) t(function() math.pow(nil, 1) end) t(function() math.modf() end)
t(function() bit.band() end) t(function() bit.lshift(1, {}) end) t(function() bit.tohex({}) end) t(function() bit.tohex(1, "x") end) t(function() bit.rol() end)
t(function() string.dump() end) t(function() string.dump(print) end) t(function() string.dump(1) end)
t(function() table.maxn() end) t(function() table.getn() end) t(function() table.remove({}, {}) end) t(function() table.move({}, 1, 2) end) t(function() table.foreach({1}, 2) end) t(function() table.foreachi(1) end) t(function() math.deg({}) end) t(function() math.rad("x") end) t(function() string.len() end)
print(pcall(string.gsub, "abc", "%w", "%1")) print(pcall(string.gsub, "abc", "%w", "%")) print(pcall(string.gsub, "hello", "", "-")) print(string.gsub("abc", "$", "x")) print(string.gsub("abc", "^a", "x")) print(string.gsub("aaa", "^a", "x"))
print(("x"):rep(-1), ("x"):rep(0), ("x"):rep(3, ","), ("x"):rep(1, ","), (""):rep(5), (""):rep(3, ","), ("ab"):rep(2.9)) print(("abc"):reverse(), (""):reverse(), ("ÄB"):lower(), ("ab1"):upper())
local names = {} for _, l in ipairs{"string","table","math","bit"} do for k, v in pairs(_G[l]) do names[#names+1] = l.."."..k..":"..type(v) end end table.sort(names) print(table.concat(names, " "))
print(package.loaded.string == string, package.loaded.bit == bit, package.loaded.math == math, package.loaded.table == table, getmetatable("").__index == string)
print(type(package.preload["string.buffer"]), type(package.preload["table.new"])) print(package.loaded["table.new"], table.new) print(require"table.new" == table.new, package.loaded["table.clear"], table.clear)
local co = coroutine.wrap(function() local r = ("abc"):gsub("%w", function(c) coroutine.yield(c) return c:upper() end) return r end) print(pcall(co))
local co = coroutine.wrap(function() table.sort({3,2,1}, function(a,b) coroutine.yield() return a<b end) end) print(pcall(co))
print(pcall(string.gsub, ("x"):rep(10), "x", function(c) return ("abc"):gsub("b", function(d) return "<"..d..">" end) end))
local r = {} for a, b, c in ("k1=v1;k2=v2"):gmatch("()(%w+)=(%w+)") do r[#r+1] = a..b..c end print(table.concat(r, "|"))
print(("  trim  "):match("^%s*(.-)%s*$").."|", ("2024-01-02"):match("(%d+)-(%d+)-(%d+)")) print(("THE (quick) fox"):find("%((%a+)%)")) print(("x = 1 -- c"):match("^(.-)%s*%-%-.*$"))
print(string.format("%-10s|%10s|%.2s|%c", "hi", "there", "abc", 65), ("%5d|%-5d|%05d|%+d"):format(1,2,3,4), ("%s %s %s"):format(nil, true, {} ~= nil))
print(debug.traceback("m", 1):gsub("0x%x+", "P")) t(function() ("x"):gsub("x", function() error("inner", 1) end) end) t(function() ("x"):gsub("x", function() error("inner", 2) end) end)
print(select("#", ("abc"):gsub("b", "x")), select("#", string.find("abc", "b")), select("#", string.find("abc", "(b)(c)")), select("#", string.match("abc", "z")))
--> false	errors_and_names.lua:3: bad argument #1 to 'rep' (number expected, got table)
--> false	errors_and_names.lua:3: bad argument #1 to 'rep' (number expected, got no value)
--> false	errors_and_names.lua:3: bad argument #1 to 'rep' (string expected, got no value)
--> false	errors_and_names.lua:3: bad argument #1 to 'r' (string expected, got no value)
--> true
--> false	errors_and_names.lua:4: bad argument #1 to 'format' (number expected, got table)
--> false	errors_and_names.lua:4: bad argument #1 to 'format' (value expected)
--> true
--> false	errors_and_names.lua:4: malformed pattern (ends with '%')
--> false	errors_and_names.lua:5: invalid capture index
--> false	errors_and_names.lua:5: bad argument #2 to 'gsub' (string/function/table expected)
--> false	errors_and_names.lua:5: invalid replacement value (a table)
--> false	errors_and_names.lua:5: invalid replacement value (a table)
--> false	errors_and_names.lua:5: bad argument #1 to 'gsub' (string expected, got no value)
--> false	errors_and_names.lua:5: bad argument #2 to 'gsub' (string/function/table expected)
--> false	errors_and_names.lua:5: bad argument #3 to 'gsub' (number expected, got string)
--> false	errors_and_names.lua:6: unfinished capture
--> false	errors_and_names.lua:6: bad argument #1 to 'gmatch' (string expected, got no value)
--> false	errors_and_names.lua:6: bad argument #1 to 'char' (invalid value)
--> false	errors_and_names.lua:6: bad argument #1 to 'char' (invalid value)
--> false	errors_and_names.lua:6: bad argument #2 to 'byte' (number expected, got table)
--> false	errors_and_names.lua:6: string slice too long
--> false	errors_and_names.lua:7: invalid value (table) at index 2 in table for 'concat'
--> false	errors_and_names.lua:7: invalid value (nil) at index 3 in table for 'concat'
--> false	errors_and_names.lua:7: invalid value (boolean) at index 1 in table for 'concat'
--> false	errors_and_names.lua:7: bad argument #1 to 'concat' (table expected, got no value)
--> false	errors_and_names.lua:7: bad argument #2 to 'concat' (string expected, got table)
--> false	errors_and_names.lua:7: bad argument #3 to 'concat' (number expected, got table)
--> false	errors_and_names.lua:8: wrong number of arguments to 'insert'
--> false	errors_and_names.lua:8: wrong number of arguments to 'insert'
--> false	errors_and_names.lua:8: bad argument #2 to 'insert' (number expected, got string)
--> false	errors_and_names.lua:8: bad argument #1 to 'insert' (table expected, got nil)
--> false	errors_and_names.lua:8: bad argument #1 to 'insert' (table expected, got no value)
--> false	errors_and_names.lua:9: invalid order function for sorting
--> false	attempt to compare string with number
--> false	attempt to compare two table values
--> false	errors_and_names.lua:9: bad argument #2 to 'sort' (function expected, got number)
--> false	errors_and_names.lua:9: bad argument #1 to 'sort' (table expected, got no value)
--> false	attempt to compare nil with number
--> false	errors_and_names.lua:9: E
--> table
--> false	errors_and_names.lua:10: bad argument #1 to 'floor' (number expected, got table)
--> false	errors_and_names.lua:10: bad argument #1 to 'floor' (number expected, got string)
--> false	errors_and_names.lua:10: bad argument #2 to 'random' (number expected, got string)
--> false	errors_and_names.lua:10: bad argument #1 to 'randomseed' (number expected, got no value)
--> false	errors_and_names.lua:10: bad argument #2 to 'fmod' (number expected, got no value)
--> false	errors_and_names.lua:10: bad argument #2 to 'ldexp' (number expected, got table)
--> false	errors_and_names.lua:10: bad argument #1 to 'min' (number expected, got no value)
--> false	errors_and_names.lua:10: bad argument #1 to 'min' (number expected, got string)
--> false	errors_and_names.lua:10: bad argument #1 to 'pow' (number expected, got nil)
--> false	errors_and_names.lua:10: bad argument #1 to 'modf' (number expected, got no value)
--> false	errors_and_names.lua:11: bad argument #1 to 'band' (number expected, got no value)
--> false	errors_and_names.lua:11: bad argument #2 to 'lshift' (number expected, got table)
--> false	errors_and_names.lua:11: bad argument #1 to 'tohex' (number expected, got table)
--> false	errors_and_names.lua:11: bad argument #2 to 'tohex' (number expected, got string)
--> false	errors_and_names.lua:11: bad argument #1 to 'rol' (number expected, got no value)
--> false	errors_and_names.lua:12: bad argument #1 to 'dump' (function expected, got no value)
--> false	errors_and_names.lua:12: unable to dump given function
--> false	errors_and_names.lua:12: bad argument #1 to 'dump' (function expected, got number)
--> false	errors_and_names.lua:13: bad argument #1 to 'maxn' (table expected, got no value)
--> false	errors_and_names.lua:13: bad argument #1 to 'getn' (table expected, got nil)
--> false	errors_and_names.lua:13: bad argument #2 to 'remove' (number expected, got table)
--> false	errors_and_names.lua:13: bad argument #4 to 'move' (number expected, got nil)
--> false	errors_and_names.lua:13: bad argument #2 to 'foreach' (function expected, got number)
--> false	errors_and_names.lua:13: bad argument #1 to 'foreachi' (table expected, got number)
--> false	[builtin:deg]:0: attempt to perform arithmetic on a table value
--> false	[builtin:rad]:0: attempt to perform arithmetic on a string value
--> false	errors_and_names.lua:13: bad argument #1 to 'len' (string expected, got nil)
--> true	abc	3
--> true	\x00\x00\x00	3
--> true	-h-e-l-l-o-	6
--> abcx	1
--> xbc	1
--> xaa	1
--> 		x,x,x	x		,,	abab
--> cba		Äb	AB1
--> bit.arshift:function bit.band:function bit.bnot:function bit.bor:function bit.bswap:function bit.bxor:function bit.lshift:function bit.rol:function bit.ror:function bit.rshift:function bit.tobit:function bit.tohex:function math.abs:function math.acos:function math.asin:function math.atan2:function math.atan:function math.ceil:function math.cos:function math.cosh:function math.deg:function math.exp:function math.floor:function math.fmod:function math.frexp:function math.huge:number math.ldexp:function math.log10:function math.log:function math.max:function math.min:function math.modf:function math.pi:number math.pow:function math.rad:function math.random:function math.randomseed:function math.sin:function math.sinh:function math.sqrt:function math.tan:function math.tanh:function string.byte:function string.char:function string.dump:function string.find:function string.format:function string.gmatch:function string.gsub:function string.len:function string.lower:function string.match:function string.rep:function string.reverse:function string.sub:function string.upper:function table.concat:function table.foreach:function table.foreachi:function table.getn:function table.insert:function table.maxn:function table.move:function table.remove:function table.sort:function
--> true	true	true	true	true
--> function	function
--> nil	nil
--> true	nil	nil
--> false	errors_and_names.lua:19: attempt to yield across C-call boundary
--> false	errors_and_names.lua:20: attempt to yield across C-call boundary
--> true	a<b>ca<b>ca<b>ca<b>ca<b>ca<b>ca<b>ca<b>ca<b>ca<b>c	10
--> 1k1v1|7k2v2
--> trim|	2024	01	02
--> 5	11	quick
--> x = 1
--> hi        |     there|ab|A	    1|2    |00003|+4	nil true true
--> m
--> stack traceback:
--> 	errors_and_names.lua:25: in main chunk
--> 	[C]: at P	1
--> false	errors_and_names.lua:25: inner
--> false	inner
--> 2	2	4	1

-- Buffers: every method, its messages, and serialisation byte by byte.
local buffer = require "string.buffer"
local function t(...) print(pcall(...)) end
local b = buffer.new()
print(#b, tostring(b), type(b), getmetatable(b))
print(b:put("a", 1, 1.5, "b") == b, tostring(b), #b)
b:putf("%s-%d|%q", "x", 3, "y\n") print(b)
print(b:get(2), b:get(0), b:get(1, 2), #b) print(b:get()) print(#b, b:get(), b:get(5))
t(b.put, b, {}) t(b.put, b, nil) t(b.put, b, b) t(b.put, 1) t(b.put, b, setmetatable({}, {__tostring=function() return "TS" end})) print(b)
t(b.put, b, setmetatable({}, {__tostring=function() return {} end}))
t(function() b:put({}) end) t(function() b:putf("%d", "x") end) t(function() b:putf("%s", b) end) t(function() b:putf() end) t(function() b:putf("%y",1) end)
t(b.get, b, -1) t(b.get, b, "1") t(b.get, b, 2^31) t(b.skip, b, "x") t(b.skip, b) t(function() b:get(-1) end) t(function() buffer.new(-1) end)
b:reset() b:set("hello") print(b, #b) b:skip(2) print(b) b:put(" world") print(b) b:skip(100) print(#b) t(b.set, b, 1) t(b.set, b)
b:put("xyz"):free() print(#b) b:put("a"):put("b") print(b .. "c", "c" .. b, b .. b, 1 .. b, b .. 1)
t(function() return {} .. b end)
t(function() return b + 1 end) t(function() return b.x end) t(function() b.x = 1 end) t(function() return b < b end) print(b == b)
t(buffer.new, 10) t(buffer.new, "x") t(buffer.new, 10, 5) t(buffer.new, nil, nil) t(buffer.new, {}, 1) t(buffer.new, {dict={1}}) t(buffer.new, {dict={"a", false, "b"}}) t(buffer.new, {metatable={1}})
t(buffer.new, 2^31)
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for _, v in ipairs { 1, -1, 1.5, 0, 1/0, "", "abc", ("x"):rep(200), ("y"):rep(8000), true, false, {}, {1,2,3}, {a=1}, {1,x="y"}, {{1},{2}}, {[0]=5}, {[0]=5,6}, {nil,2}, {[-1]=1} } do
  local e = buffer.encode(v) print(#e, #e < 60 and hex(e))
  local d = buffer.decode(e) if type(d) == "table" then for k, x in pairs(d) do io.write(tostring(k), "=", type(x) == "table" and "T" or tostring(x), ";") end print() else print(d == v, type(d)) end
end
print(hex(buffer.encode(nil)), buffer.decode(buffer.encode(nil)), hex(buffer.encode(0/0)))
t(buffer.encode) t(buffer.encode, print) t(buffer.encode, coroutine.create(print)) t(buffer.encode, {print}) t(buffer.encode, {[{}]=io.stdout}) 
t(buffer.decode) t(buffer.decode, 1) t(buffer.decode, "") t(buffer.decode, "\32\32") t(buffer.decode, "\35ab") t(buffer.decode, "\x13") t(buffer.decode, "\7abc") t(buffer.decode, "\x0f\1") t(buffer.decode, "\x0e\0\x08") t(buffer.decode, "\x09\2\33a\1\33a\2") t(buffer.decode, "\x09\1\0\1") t(buffer.decode, "\x0a\xff\xff\xff\xff\xff") t(buffer.decode, "\x09\xff\xff\xff\xff\xff") t(buffer.decode, "\x0a\xff\0\0\0\1\1") t(buffer.decode, "\x10\0\0\0\0\0\0\0\0")
t(buffer.decode, "\6\1\0\0\0") t(buffer.decode, "\6\255\255\255\255") t(buffer.decode, "\3") t(buffer.decode, "\4\1\0\0\0") t(buffer.decode, "\xe0\0") 
local deep = {} local x = deep for i = 1, 120 do x[1] = {} x = x[1] end t(buffer.encode, deep)
local ok = {} x = ok for i = 1, 99 do x[1] = {} x = x[1] end print(#buffer.encode(ok), type(buffer.decode(buffer.encode(ok)))) t(buffer.decode, ("\x0a\2\0"):rep(150))
local mt, mt2 = {__index={m=5}}, {}
local o = {dict={"alpha","beta","gamma","alpha"}, metatable={mt, mt2}}
local b = buffer.new(o) b:encode({alpha=1}) print(hex(tostring(b))) print(b:decode().alpha) b:encode("alpha") print(hex(tostring(b))) print(b:decode())
b:encode(setmetatable({gamma="beta"}, mt)) print(hex(tostring(b))) local r = b:decode() print(getmetatable(r) == mt, r.gamma, r.m) b:encode(setmetatable({}, {})) print(hex(tostring(b))) print(getmetatable(b:decode()))
b:put("\x0f\5") t(b.decode, b) b:reset() b:encode(1):encode(2):encode("x") print(b:decode(), b:decode(), b:decode()) t(b.decode, b) t(b.encode, b) t(buffer.encode, b)
print(#o.dict, next(o.dict) )
print(string.format("%s|%q|%5s|%.1s", b:put("ab"), b, b, b)) print(tostring(b), b:tostring()) t(tostring, b) print(pcall(string.len, b))
for i = 1, 20000 do b:put(i) if i % 3 == 0 then b:get(4) end end print(#b, b:get(20))
--> 0		userdata	buffer
--> true	a11.5b	6
--> a11.5bx-3|"y\
--> "
--> a1		1	10
--> bx-3|"y\
--> "
--> 0		
--> false	bad argument #2 to '?' (string/number/__tostring expected, got table)
--> false	bad argument #2 to '?' (string/number/__tostring expected, got nil)
--> false	bad argument #2 to '?' (cannot put buffer into itself)
--> false	bad argument #1 to '?' (buffer expected, got number)
--> true	TS
--> TS
--> false	bad argument #2 to '?' (string/number/__tostring expected, got table)
--> false	methods.lua:11: bad argument #1 to 'put' (string/number/__tostring expected, got table)
--> false	methods.lua:11: bad argument #2 to 'putf' (number expected, got string)
--> false	methods.lua:11: bad argument #3 to 'putf' (cannot put buffer into itself)
--> false	methods.lua:11: bad argument #1 to 'putf' (string expected, got no value)
--> false	methods.lua:11: invalid option '%y' to 'format'
--> false	bad argument #2 to '?' (number out of range)
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #2 to '?' (number out of range)
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	methods.lua:12: bad argument #1 to 'get' (number out of range)
--> false	methods.lua:12: bad argument #1 to 'new' (number out of range)
--> hello	5
--> llo
--> llo world
--> 0
--> false	bad argument #2 to '?' (string expected, got number)
--> false	bad argument #2 to '?' (string expected, got no value)
--> 0
--> abc	cab	abab	1ab	ab1
--> false	methods.lua:15: attempt to concatenate a table value
--> false	methods.lua:16: attempt to perform arithmetic on upvalue 'b' (a userdata value)
--> true	nil
--> false	methods.lua:16: attempt to index upvalue 'b' (a userdata value)
--> false	methods.lua:16: attempt to compare two userdata values
--> true
--> true	
--> false	bad argument #1 to '?' (number expected, got string)
--> false	bad argument #2 to '?' (table expected, got number)
--> false	bad argument #2 to '?' (table expected, got nil)
--> true	
--> false	bad options table
--> true	
--> false	bad options table
--> false	bad argument #1 to '?' (number out of range)
--> 9	07000000000000f03f
--> true	number
--> 9	07000000000000f0bf
--> true	number
--> 9	07000000000000f83f
--> true	number
--> 9	070000000000000000
--> true	number
--> 9	07000000000000f07f
--> true	number
--> 1	20
--> true	string
--> 4	23616263
--> true	string
--> 202	false
--> true	string
--> 8002	false
--> true	string
--> 1	02
--> true	boolean
--> 1	01
--> true	boolean
--> 1	08
-->
--> 29	0c0407000000000000f03f070000000000000040070000000000000840
--> 1=1;2=2;3=3;
--> 13	0901216107000000000000f03f
--> a=1;
--> 16	0d020107000000000000f03f21782179
--> 1=1;x=y;
--> 24	0c030c0207000000000000f03f0c02070000000000000040
--> 1=T;2=T;
--> 11	0a01070000000000001440
--> 0=5;
--> 20	0a02070000000000001440070000000000001840
--> 0=5;1=6;
--> 12	0c0300070000000000000040
--> 2=2;
--> 20	090107000000000000f0bf07000000000000f03f
--> -1=1;
--> 00	nil	07000000000000f8ff
--> false	bad argument #1 to '?' (value expected)
--> false	cannot serialize 'function'
--> false	cannot serialize 'thread'
--> false	cannot serialize 'function'
--> false	cannot serialize 'userdata'
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #1 to '?' (string expected, got number)
--> false	unexpected end of buffer
--> false	left-over data in buffer
--> false	unexpected end of buffer
--> false	cannot deserialize tag 0x13
--> false	unexpected end of buffer
--> false	cannot deserialize dictionary index 2
--> false	cannot deserialize dictionary index 1
--> false	duplicate table key
--> false	table index is nil
--> false	table overflow
--> false	table overflow
--> false	unexpected end of buffer
--> false	cannot deserialize tag 0x10
--> true	1
--> true	-1
--> true	userdata: NULL
--> true	userdata: 0x00000001
--> false	unexpected end of buffer
--> false	too deep to serialize
--> 199	table
--> false	too deep to serialize
--> 09010f0007000000000000f03f
--> 1
--> 25616c706861
--> alpha
--> 0e0009010f022462657461
--> true	beta	5
--> 08
--> nil
--> false	cannot deserialize dictionary index 6
--> 1	2	x
--> false	unexpected end of buffer
--> false	bad argument #2 to '?' (value expected)
--> false	cannot serialize 'userdata'
--> 4	1	alpha
--> ab|"ab"|   ab|a
--> ab	ab
--> true	ab
--> false	bad argument #1 to '?' (string expected, got userdata)
--> 62233	69436944694569466947

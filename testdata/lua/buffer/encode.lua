-- buffer.encode and decode: round trips, nesting, errors, dictionaries.
local buffer = require "string.buffer" local function show(v) if type(v) ~= "table" then return type(v) == "string" and ("%q"):format(v) or tostring(v) end local keys, o = {}, {} for k in pairs(v) do keys[#keys + 1] = k end table.sort(keys, function(a, b) return type(a) == type(b) and a < b or type(a) < type(b) end) for i, k in ipairs(keys) do o[i] = tostring(k) .. "=" .. show(v[k]) end return "{" .. table.concat(o, ",") .. "}" end
for _, v in ipairs { 0, 1, -1, 127, 128, 255, 256, 65535, 2 ^ 31 - 1, -2 ^ 31, 2 ^ 31, 1.5, -0.0, 1 / 0, 2 ^ 53, "", "a", ("x"):rep(31), ("x"):rep(32), ("y"):rep(300), true, false } do local e = buffer.encode(v) io.write(#e, ":", show(buffer.decode(e)):sub(1, 20), " ") end print() print(buffer.decode(buffer.encode(nil)), #buffer.encode(nil)) print(show(buffer.decode(buffer.encode { 1, 2, 3 })), show(buffer.decode(buffer.encode {})), show(buffer.decode(buffer.encode { a = 1, b = { c = { 2, "x" } } })), show(buffer.decode(buffer.encode { 1, nil, 3, x = true, [10] = "ten", [-1] = "neg", [0] = "zero" }))) print((buffer.encode { 1, 2 }):byte(1, -1)) print((buffer.encode "abc"):byte(1, -1)) print((buffer.encode(1.5)):byte(1, -1)) print((buffer.encode(300)):byte(1, -1))
print(pcall(buffer.encode, print)) print(pcall(buffer.encode, { f = print })) print(pcall(buffer.encode, coroutine.create(print))) print(pcall(buffer.decode, "")) print(pcall(buffer.decode, "\255")) print(pcall(buffer.decode, buffer.encode "abc" .. "x")) print(pcall(buffer.decode, buffer.encode("abc"):sub(1, 2))) print(pcall(buffer.decode, 5)) print(pcall(buffer.encode)) local deep = {} for i = 1, 50 do deep = { deep } end print(#buffer.encode(deep)) local loop = {} loop.self = loop print(pcall(buffer.encode, loop)) local b = buffer.new() b:encode(1):encode("two"):encode { 3 } print(b:decode(), b:decode(), b:decode()[1], pcall(b.decode, b)) 
local d = buffer.new { dict = { "key", "other" } } d:encode { key = 1, other = "key", plain = 2 } local plain = buffer.encode { key = 1, other = "key", plain = 2 } print(#d < #plain, show(d:decode())) local mt = { __index = { m = "method" } } local o = buffer.new { metatable = { mt } } o:encode(setmetatable({ v = 1 }, mt)) local r = o:decode() print(r.v, getmetatable(r) == mt, r.m) print(pcall(buffer.new, { dict = { 1 } })) print(getmetatable(buffer.decode(buffer.encode(setmetatable({}, {}))))) local s = buffer.encode(("z"):rep(100000)) print(#s, #buffer.decode(s)) local arr = {} for i = 1, 1000 do arr[i] = i * 1.5 end local back = buffer.decode(buffer.encode(arr)) print(#back, back[1000])
--> 9:0 9:1 9:-1 9:127 9:128 9:255 9:256 9:65535 9:2147483647 9:-2147483648 9:2147483648 9:1.5 9:-0 9:inf 9:9.007199254741e+15 1:"" 2:"a" 32:"xxxxxxxxxxxxxxxxxxx 33:"xxxxxxxxxxxxxxxxxxx 302:"yyyyyyyyyyyyyyyyyyy 1:true 1:false 
--> nil	1
--> {1=1,2=2,3=3}	{}	{a=1,b={c={1=2,2="x"}}}	{-1="neg",0="zero",1=1,3=3,10="ten",x=true}
--> 12	3	7	0	0	0	0	0	0	240	63	7	0	0	0	0	0	0	0	64
--> 35	97	98	99
--> 7	0	0	0	0	0	0	248	63
--> 7	0	0	0	0	0	192	114	64
--> false	cannot serialize 'function'
--> false	cannot serialize 'function'
--> false	cannot serialize 'thread'
--> false	unexpected end of buffer
--> false	unexpected end of buffer
--> false	left-over data in buffer
--> false	unexpected end of buffer
--> false	bad argument #1 to '?' (string expected, got number)
--> false	bad argument #1 to '?' (value expected)
--> 101
--> false	too deep to serialize
--> 1	two	3	false	unexpected end of buffer
--> true	{key=1,other="key",plain=2}
--> 1	true	method
--> false	bad options table
--> nil
--> 100005	100000
--> 1000	1500

-- The bit library: all functions, conversion of arguments, wraparound.
local bit = require "bit" local values = { 0, 1, -1, 2, 255, 0x7fffffff, 0x80000000, 0xffffffff, -0x80000000, 2 ^ 32, 2 ^ 33 + 5, 1.5, 2.5, -1.5, 1e10, -1e10, 0xdeadbeef, 2 ^ 52 + 1 }
for _, v in ipairs(values) do io.write(bit.tobit(v), "/", bit.bnot(v), "/", bit.tohex(v), "/", bit.bswap(v), " ") end print() for _, v in ipairs { 0x12345678, -1, 1, 0x80000000 } do for n = 0, 40, 7 do io.write(bit.lshift(v, n), ",", bit.rshift(v, n), ",", bit.arshift(v, n), ",", bit.rol(v, n), ",", bit.ror(v, n), " ") end print() end print(bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, -1), bit.rshift(-1, 0), bit.rshift(-1, 31), bit.arshift(-256, 4), bit.lshift(1, 1.9))
print(bit.band(0xff, 0x0f), bit.band(0xff), bit.band(1, 2, 4, 7), bit.bor(1, 2, 4), bit.bor(8), bit.bxor(0xff, 0x0f), bit.bxor(1, 1, 1), bit.band(-1, 0x80000000), bit.bor(0, 0xffffffff), bit.bxor(-1, -1)) print(bit.tohex(255), bit.tohex(255, 4), bit.tohex(255, 2), bit.tohex(255, -4), bit.tohex(0xabcdef, -8), bit.tohex(-1, 1), bit.tohex(0), bit.tohex(0xdeadbeef, 20), bit.tohex(5, 0) == "") print(bit.band("0xff", "15"), bit.tobit("10"), bit.bor("1", 2)) print(pcall(bit.band)) print(pcall(bit.band, {})) print(pcall(bit.band, 1, "x")) print(pcall(bit.lshift, 1)) print(pcall(bit.tobit)) print(pcall(bit.bnot, nil)) print(pcall(bit.tohex, 1, {})) print(bit.tobit(0 / 0) == bit.tobit(0 / 0))
local h = 5381 for c in ("hash me"):gmatch "." do h = bit.bxor(bit.tobit(h * 33), c:byte()) end print(h) local x = 123456789 local function xorshift() x = bit.bxor(x, bit.lshift(x, 13)) x = bit.bxor(x, bit.rshift(x, 17)) x = bit.bxor(x, bit.lshift(x, 5)) return x end for i = 1, 5 do io.write(xorshift(), " ") end print() local function popcount(n) local c = 0 while n ~= 0 do n = bit.band(n, n - 1) c = c + 1 end return c end print(popcount(0xff), popcount(-1), popcount(0x80000001), popcount(0)) print(bit.bnot(bit.bnot(5)), bit.bswap(bit.bswap(0x12345678)) == 0x12345678, bit.rol(bit.ror(77, 5), 5))
local crc = -1 for c in ("123456789"):gmatch "." do crc = bit.bxor(crc, c:byte()) for _ = 1, 8 do crc = bit.bxor(bit.rshift(crc, 1), bit.band(0xedb88320, -bit.band(crc, 1))) end end print(bit.tohex(bit.bnot(crc)))
--> 0/-1/00000000/0 1/-2/00000001/16777216 -1/0/ffffffff/-1 2/-3/00000002/33554432 255/-256/000000ff/-16777216 2147483647/-2147483648/7fffffff/-129 -2147483648/2147483647/80000000/128 -1/0/ffffffff/-1 -2147483648/2147483647/80000000/128 0/-1/00000000/0 5/-6/00000005/83886080 2/-3/00000002/33554432 2/-3/00000002/33554432 -2/1/fffffffe/-16777217 1410065408/-1410065409/540be400/14945108 -1410065408/1410065407/abf41c00/1897643 -559038737/559038736/deadbeef/-272716322 0/-1/00000000/0 
--> 305419896,305419896,305419896,305419896,305419896 439041024,2386092,2386092,439041033,-266049364 362676224,18641,18641,362677389,1507870929 -822083584,145,145,-821934454,-1565278063 -2147483648,1,1,-2128394905,591751041 -1851608128,38177487,38177487,-1851608128,38177487 
--> -1,-1,-1,-1,-1 -128,33554431,-1,-1,-1 -16384,262143,-1,-1,-1 -2097152,2047,-1,-1,-1 -268435456,15,-1,-1,-1 -8,536870911,-1,-1,-1 
--> 1,1,1,1,1 128,0,0,128,33554432 16384,0,0,16384,262144 2097152,0,0,2097152,2048 268435456,0,0,268435456,16 8,0,0,8,536870912 
--> -2147483648,-2147483648,-2147483648,-2147483648,-2147483648 0,16777216,-16777216,64,16777216 0,131072,-131072,8192,131072 0,1024,-1024,1048576,1024 0,8,-8,134217728,8 0,268435456,-268435456,4,268435456 
--> -2147483648	1	-2147483648	-1	1	-16	4
--> 15	255	0	7	8	240	1	-2147483648	-1	0
--> 000000ff	00ff	ff	00FF	00ABCDEF	f	00000000	000000000000deadbeef	true
--> 15	10	3
--> false	bad argument #1 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (number expected, got table)
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (number expected, got nil)
--> false	bad argument #2 to '?' (number expected, got table)
--> true
--> 815816287
--> -1579999415 -2056153900 1250077441 -474866960 -1117447610 
--> 8	32	2	0
--> 5	true	77
--> cbf43926

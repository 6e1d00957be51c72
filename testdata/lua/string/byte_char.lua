-- string.byte and string.char: ranges, negative positions, limits.
print(("abc"):byte(), ("abc"):byte(2), ("abc"):byte(-1), ("abc"):byte(10), ("abc"):byte(0)) print(("abc"):byte(1, -1)) print(("abc"):byte(-2, -1)) print(("abc"):byte(-10, 10)) print(("abc"):byte(3, 2)) print((""):byte()) print(("\0\255"):byte(1, 2)) print(("abc"):byte(2.7))
print(select("#", ("abc"):byte(5)), select("#", ("abc"):byte(1, 0)), select("#", ("x"):rep(200):byte(1, -1)))
print(string.char(), string.char(72, 105), #string.char(0, 255), string.char("65"), string.char(65.9)) print(pcall(string.char, 256)) print(pcall(string.char, -1)) print(pcall(string.char, 65, "x")) print(pcall(string.char, nil)) print(pcall(string.byte)) print(pcall(string.byte, "x", {}))
for i = 0, 255 do assert(string.char(i):byte() == i) end local t = {} for i = 1, 200 do t[i] = i end print(#string.char(unpack(t)), string.char(unpack(t)):byte(200))
--> 97	98	99	nil
--> 97	98	99
--> 98	99
--> 97	98	99
-->
-->
--> 0	255
--> 98
--> 0	0	200
--> 	Hi	2	A	A
--> false	bad argument #1 to '?' (invalid value)
--> false	bad argument #1 to '?' (invalid value)
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #1 to '?' (number expected, got nil)
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #2 to '?' (number expected, got table)
--> 200	200

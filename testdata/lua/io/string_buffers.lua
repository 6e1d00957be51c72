-- String buffers where strings are written or loaded.
local buffer = require "string.buffer"
local b = buffer.new():put("return 7, ...")
print(load(b)(8)) io.write(b, 1, b, "\n") print(b, b) print(load(b, "name", "b")) print(load(buffer.new():put("x =")))
print(pcall(io.write, newproxy())) print(pcall(load, newproxy())) print(#b)
--> 7	8
--> return 7, ...1return 7, ...
--> return 7, ...	return 7, ...
--> nil	attempt to load chunk with wrong mode
--> nil	[string ""]:1: unexpected symbol near '<eof>'
--> false	bad argument #1 to '?' (string expected, got userdata)
--> false	bad argument #1 to '?' (function expected, got userdata)
--> 13

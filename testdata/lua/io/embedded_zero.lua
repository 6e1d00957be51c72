-- Lines with embedded zero bytes are read whole.
-- luajit: differs: its line reader stops at a zero byte
local path = os.tmpname()
local f = io.open(path, "wb")
f:write("a\0b\nc\n\0\0\nend\0")
f:close()
for line in io.lines(path) do print(#line, (line:gsub("%z", "0"))) end
f = io.open(path, "rb")
print(#f:read("*L"), #f:read("*a"))
f:close()
os.remove(path)
--> 3	a0b
--> 1	c
--> 2	00
--> 4	end0
--> 4	9

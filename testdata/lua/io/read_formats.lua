-- read: *n, *l, *L, *a, counts, several formats, ends of file.
local path = os.tmpname() local function with(s, f) local h = io.open(path, "wb") h:write(s) h:close() h = io.open(path, "rb") f(h) h:close() end
with("line one\nline two\n\nlast", function(h) print(h:read(), h:read "*l", h:read "*l", h:read "*l", h:read "*l") end) with("one\ntwo", function(h) print(("%q"):format(h:read "*L"), ("%q"):format(h:read "*L"), h:read "*L") end) with("a\nb\n", function(h) print(("%q"):format(h:read "*a"), ("%q"):format(h:read "*a"), h:read "*l") end) with("", function(h) print(h:read "*l", h:read "*a", h:read "*n", h:read(0), h:read(1)) end)
with("12 -3.5 0x10 1e3 .5 +7 abc", function(h) print(h:read("*n", "*n", "*n", "*n", "*n", "*n", "*n")) print(h:read "*a") end) with("1,2", function(h) print(h:read("*n", 1, "*n")) end) with("  \n 5\nrest", function(h) print(h:read "*n", h:read "*l", h:read "*l") end) with("1e", function(h) print(h:read "*n") end) with("abc", function(h) print(h:read("*n", "*l")) end) with("99999999999999999999 1e400", function(h) print(h:read("*n", "*n")) end) with("- 5", function(h) print(h:read "*n") end)
with("0123456789", function(h) print(h:read(3), h:read(0), h:read(3, 2), h:read(10), h:read(1)) end) with("abc\ndef\n", function(h) print(h:read("*l", 2, "*a")) end) with("x\ny\n", function(h) print(h:read("*l", "*l", "*l", "*l")) end) with("one\n", function(h) print(h:read("l", "a")) end) with("abc", function(h) print(pcall(h.read, h, "*x")) print(pcall(h.read, h, "z")) print(pcall(h.read, h, {})) print(pcall(h.read, h, "")) print(h:read "*all") end) with(("x"):rep(5000) .. "\n" .. ("y"):rep(70000), function(h) print(#h:read(), #h:read(10), #h:read "*a") end) with("a\r\nb", function(h) print(#h:read(), h:read()) end) with("\n\n\n", function(h) local n = 0 while h:read() do n = n + 1 end print(n) end) with(("9"):rep(300), function(h) print(h:read "*n") end) os.remove(path)
--> line one	line two		last	nil
--> "one\
--> "	"two"	nil
--> "a\
--> b\
--> "	""	nil
--> nil		nil	nil	nil
--> 12	-3.5	16	1000	0.5	7	nil
--> abc
--> 1	,	2
--> 5		rest
--> 1
--> nil
--> 1e+20	inf
--> nil
--> 012		345	89	nil
--> abc	de	f
-->
--> x	y	nil
--> one	
--> false	bad argument #2 to '?' (invalid format)
--> false	bad argument #2 to '?' (invalid format)
--> false	bad argument #2 to '?' (invalid option)
--> false	bad argument #2 to '?' (invalid format)
--> abc
--> 5000	10	69990
--> 2	b
--> 3
--> 1e+300

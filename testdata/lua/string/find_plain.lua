-- string.find: plain, init positions, empty patterns, captures as results.
local s = "hello world" print(s:find "wor", s:find "o", s:find("o", 6), s:find("l", -2), s:find "xyz", s:find "") print(s:find("", 5)) print(s:find("", 12)) print(s:find("", 13)) print(s:find("", 100)) print(s:find("", -100)) print(s:find("h", 0)) print(s:find("h", -11)) print(s:find("h", -12))
print(("a.b"):find(".", 1, true), ("a.b"):find ".", ("a+b"):find("+", 1, true), ("a%b"):find("%", 1, true), ("abc"):find("b", 1, false), ("a.b"):find(".", 2, 1)) print((""):find "", (""):find("", 1), (""):find("", 2), (""):find "x") print(("a\0b"):find "b", ("a\0b\0c"):find("\0", 3, true), ("a\0b"):find "%z")
print(s:find "(o)(.)", s:find "()ll()", s:find "(h)(e)(l)(l)") print(s:find("l+", 5), s:find("^h"), s:find("^e", 2), s:find("^h", 2), s:find "d$", s:find "l$") print(pcall(string.find)) print(pcall(string.find, "x")) print(pcall(string.find, "x", {})) print(pcall(string.find, "x", "y", "z"))
print(("aXb"):find("x"), ("aXb"):lower():find "x", ("xaaab"):find "a-b", ("x" .. ("a"):rep(300)):find(("a"):rep(200), 1, true)) print(("abcabcabd"):find("abd", 1, true), ("aaaaab"):find("aab", 1, true), ("ab"):find("abc", 1, true), ("é"):find("\169", 1, true))
for p, q in ("k=v, a=b"):gmatch "(%w+)=(%w+)" do io.write(p, ":", q, " ") end print()
--> 7	5	8	10	nil	1	0
--> 5	4
--> 12	11
--> 12	11
--> 12	11
--> 1	0
--> 1	1
--> 1	1
--> 1	1
--> 2	1	2	2	2	2	2
--> 1	1	1	nil
--> 3	4	2	2
--> 5	3	1	4	h	e	l	l
--> 10	1	2	nil	11	nil
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #2 to '?' (string expected, got no value)
--> false	bad argument #2 to '?' (string expected, got table)
--> false	bad argument #3 to '?' (number expected, got string)
--> nil	2	2	2	201
--> 7	4	nil	2	2
--> k:v a:b 

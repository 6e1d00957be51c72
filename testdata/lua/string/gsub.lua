-- gsub: string, table and function replacements, limits, anchors, empty matches, count.
print(("hello world"):gsub("o", "0")) print(("hello"):gsub("", "-")) print(("abc"):gsub("%w", "%0%0")) print(("hello world"):gsub("(%w+) (%w+)", "%2 %1")) print(("abc"):gsub("b", "%%")) print(("abc"):gsub("(b)", "[%1]")) print(("abc"):gsub("b", "[%1]")) print(("$name is $age"):gsub("%$(%w+)", { name = "X", age = 5 })) print(("$a $b"):gsub("%$(%w+)", { a = false })) print(("abc"):gsub(".", { a = 1, b = true and "B" }))
print(("abc"):gsub(".", function(c) return c:upper() .. "." end)) print(("abc"):gsub("b", function() end)) print(("abc"):gsub("b", function() return nil end)) print(("abc"):gsub("b", function() return false end)) print(("abc"):gsub("(a)(b)", function(x, y) return y .. x end)) print(("abc"):gsub("()b()", function(i, j) return i .. j end)) print(("abc"):gsub("b", function() return 12 end)) print(("abc"):gsub("b", function(...) return select("#", ...) end))
print(("aaa"):gsub("a", "b", 2)) print(("aaa"):gsub("a", "b", 0)) print(("aaa"):gsub("a", "b", -1)) print(("aaa"):gsub("^a", "b")) print(("aaa"):gsub("a$", "b")) print(("aaa"):gsub("^", "x")) print(("aaa"):gsub("$", "x")) print((""):gsub("", "x")) print((""):gsub("^$", "x")) print((""):gsub(".", "x")) print(("abc def"):gsub("%f[%w]%w", string.upper)) print(("a,b,c"):gsub(",?", "."))
print(("x = 1"):gsub("%s*=%s*", "=")) print(("  a  b  "):gsub("^%s+", ""):gsub("b", "c")) print((("  trim  "):gsub("^%s*(.-)%s*$", "%1"))) print(("path/to/file"):gsub("[^/]+$", "")) print(("CamelCaseName"):gsub("%u", function(c) return "_" .. c:lower() end)) print(("%d"):gsub("%%d", "%%%%")) print(("a\0b"):gsub("%z", "\\0")) print(string.gsub(123, 2, "x")) print(("abc"):gsub("b", 5))
local t = setmetatable({}, { __index = function(_, k) return "<" .. k .. ">" end }) print(("abc"):gsub("[ac]", t)) local log = {} ("a1b2"):gsub("(%a)(%d)", function(a, d) log[#log + 1] = a .. d end) print(table.concat(log, " ")) print(pcall(string.gsub, "abc", "b", function() error("in callback", 0) end)) print((("x"):rep(1000):gsub("x", "yz")):len(), select(2, ("x"):rep(1000):gsub("x", ""))) print(("abc"):gsub("(b)", "%0%1%0")) print(("hello"):gsub("l", { l = "L" }, 1)) 
print(("one two"):gsub("(%w+)", "<%1>"), ("äö"):gsub("[\128-\255]+", "?"), ("abc"):gsub("(a)(b)(c)", "%3%2%1"), ("a.b.c"):gsub("%.", "%%"))
--> hell0 w0rld	2
--> -h-e-l-l-o-	6
--> aabbcc	3
--> world hello	1
--> a%c	1
--> a[b]c	1
--> a[b]c	1
--> X is 5	2
--> $a $b	2
--> 1Bc	3
--> A.B.C.	3
--> abc	1
--> abc	1
--> abc	1
--> bac	1
--> a23c	1
--> a12c	1
--> a1c	1
--> bba	2
--> aaa	0
--> aaa	0
--> baa	1
--> aab	1
--> xaaa	1
--> aaax	1
--> x	1
--> x	1
--> 	0
--> Abc Def	2
--> .a..b..c.	6
--> x=1	1
--> a  c  	1
--> trim
--> path/to/	1
--> _camel_case_name	3
--> %%	1
--> a\0b	1
--> 1x3	1
--> a5c	1
--> <a>b<c>	2
--> a1 b2
--> false	in callback
--> 2000	1000
--> abbbc	1
--> heLlo	1
--> <one> <two>	?	cba	a%b%c	2

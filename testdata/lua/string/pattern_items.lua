-- Single items: repetition, anchors, %b, %f, back references, position captures.
print(("aaa"):match "a*", ("aaa"):match "a+", ("aaa"):match "a-" == "", ("aaa"):match "^a-$", ("aaab"):match "a-b", ("baaa"):match "a*" == "", ("abc"):match "a?b?c?", ("ac"):match "ab?c") print(("<<a><b>>"):match "<.->", ("<<a><b>>"):match "<.*>", ("f(a(b)c)d"):match "%b()", ("x[[]]y"):match "%b[]", ("((x)"):match "%b()", ("(("):match "%b()", ("aXbXc"):match "%bXX")
print(("THE (quick) fox"):find "%f[%a]%a+%f[%A]", ("hello"):gsub("%f[%w]%w+", "<%0>"), ("[[foo]]"):gsub("%f[%a]", "|"), (""):find "%f[%z]", ("a"):find "%f[%z]", ("a b"):gsub("%f[%S]", ".")) print(("hello hello"):match "(%w+) %1", ("abab"):match "(ab)%1", ("abcabc"):match "^(.-)%1$", ("'a' \"b\""):match "(['\"])(.-)%1", ("x=y=x"):match "(.)=(.)=%1")
print(("hello"):match "()ll()", ("abc"):match "()", ("abc"):match "^()a()b()c()$", ("k = v"):match "^(%w+)%s*=%s*(%w+)$", ("  trim  "):match "^%s*(.-)%s*$" .. "|") print(("a$b"):match "a$b", ("a$"):match "a%$$", ("^a"):match "^^a", ("a^b"):match "a^b", ("x*"):match "x%*", ("a.b"):match "a%.b", ("10%"):match "%d+%%")
print(("2024-01-15"):match "(%d+)-(%d+)-(%d+)", ("key"):match "((k)(e)(y))", ("abc"):match "((a)(b)?)", ("ab"):match "(a)(b?)(c?)", ("x"):match "(y?)x") print(("a,b,,c"):gsub(",", ";"), ("abc"):gsub("", "-"), ("abc"):gsub(".", "%0%0"), ("abc"):gsub("b*", "x"), ("hello world"):gsub("o", "0", 1)) print((("a"):rep(50)):match("^" .. ("a?"):rep(20) .. ("a"):rep(20)) ~= nil, (("x"):rep(1000)):match ".-y", #(("x"):rep(1000) .. "y"):match ".-y")
print(("abc\ndef"):match "^d", ("a\nb"):match "a.b" == "a\nb", ("\0a\0"):match "%z(.)%z", ("a\0b"):match "a%zb" ~= nil, ("a\0b"):match "[%z]" == "\0", ("a\0b\0"):gsub("%z", "0"), ("x\0y"):match "x\0y" ~= nil)
--> aaa	aaa	true	aaa	aaab	true	abc	ac
--> <<a>	<<a><b>>	(a(b)c)	[[]]	(x)	nil	XbX
--> 1	<hello>	[[|foo]]	nil	2	a .b	1
--> hello	ab	abc	'	x	y
--> 3	1	1	k	trim|
--> a$b	a$	^a	a^b	x*	a.b	10%
--> 2024	key	nil	a	
--> a;b;;c	-a-b-c-	aabbcc	xaxxcx	hell0 world	1
--> true	nil	1001
--> nil	true	a	true	true	a0b0	true

-- string.sub, len, reverse, lower, upper, rep.
local s = "hello" print(s:sub(1), s:sub(2, 3), s:sub(-3), s:sub(-3, -2), s:sub(0), s:sub(10), s:sub(3, 1), s:sub(-100, 100), s:sub(2, -2), s:sub(5, 5), s:sub(6), s:sub(0, 0) == "")
print(s:sub(1.5, 2.9), s:sub("2", "3"), s:sub(-1, -1), s:sub(2 ^ 31), s:sub(-2 ^ 31, 2), s:sub(1, 2 ^ 40), s:sub(1, math.huge), s:sub(-math.huge)) print(pcall(string.sub)) print(pcall(string.sub, "x")) print(pcall(string.sub, "x", "y")) print(pcall(s.sub, s, 1, {}))
print(s:len(), (""):len(), ("a\0b"):len(), string.len(123), pcall(string.len)) print(s:reverse(), (""):reverse(), ("a"):reverse(), ("a\0b"):reverse() == "b\0a", string.reverse(123))
print(s:upper(), ("HeLLo 1!"):lower(), ("äÖ"):upper() == "äÖ", ("\0aZ"):upper() == "\0AZ", string.upper(12)) print(("ab"):rep(3), ("ab"):rep(0) == "", ("ab"):rep(-1) == "", (""):rep(100) == "", ("x"):rep(1), ("x"):rep(2.9)) print(("ab"):rep(3, ","), ("ab"):rep(1, ","), ("ab"):rep(0, ","), (""):rep(3, "-"), ("x"):rep(3, ""), ("a"):rep(2, 5)) print(pcall(string.rep, "x", 1e10)) print(pcall(string.rep, "x", "y")) print(pcall(string.rep, "x")) print(#("x"):rep(100000), #("ab"):rep(1000, "--"))
local alphabet = "" for i = 32, 126 do alphabet = alphabet .. string.char(i) end print(alphabet:upper()) print(alphabet:lower()) print(alphabet:reverse()) for i = 1, 5 do io.write(s:sub(i, i), "|", s:sub(-i), "|", s:sub(1, i), " ") end print()
--> hello	el	llo	ll	hello			hello	ell	o		true
--> he	el	o	hello	he			hello
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #3 to '?' (number expected, got table)
--> 5	0	3	3	false	bad argument #1 to '?' (string expected, got nil)
--> olleh		a	true	321
--> HELLO	hello 1!	true	true	12
--> ababab	true	true	true	x	xx
--> ab,ab,ab	ab		--	xxx	a5a
--> true	
--> false	bad argument #2 to '?' (number expected, got string)
--> false	bad argument #2 to '?' (number expected, got no value)
--> 100000	3998
-->  !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`ABCDEFGHIJKLMNOPQRSTUVWXYZ{|}~
-->  !"#$%&'()*+,-./0123456789:;<=>?@abcdefghijklmnopqrstuvwxyz[\]^_`abcdefghijklmnopqrstuvwxyz{|}~
--> ~}|{zyxwvutsrqponmlkjihgfedcba`_^]\[ZYXWVUTSRQPONMLKJIHGFEDCBA@?>=<;:9876543210/.-,+*)('&%$#"! 
--> h|o|h e|lo|he l|llo|hel l|ello|hell o|hello|hello 

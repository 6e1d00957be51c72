-- tonumber with and without base; tostring.
for _, v in ipairs { "10", " 10 ", "0x1F", "1e3", "-5", "+5", "- 5", "1.5", ".5", "5.", "", " ", "abc", "10abc", "1 0", "0x", "1e", "inf", "nan", "0x1p3", "1e400", "-0", "\t\n7\r\v\f", "7\0", "0xABCDEFG", "１", "1_0", "--5", "0b11", "0B2", "1e+5", "1E-2", "0x.8p1" } do io.write(("%q"):format(v), "=", tostring(tonumber(v)), " ") end print()
for _, c in ipairs { { "ff", 16 }, { "FF", 16 }, { "0xff", 16 }, { "11", 2 }, { "12", 2 }, { "z", 36 }, { "Zz", 36 }, { "8", 8 }, { "77", 8 }, { " 7 ", 8 }, { "-7", 8 }, { "", 10 }, { "1.5", 10 }, { "1e1", 10 }, { "9", 9 }, { "7fffffff", 16 }, { "ffffffff", 16 }, { "100000000", 16 }, { "-ff", 16 }, { "99", 10 }, { 10, 16 }, { "1e1", 16 }, { "a b", 16 }, { "+f", 16 }, { "11111111111111111111111111111111", 2 }, { "123456789012", 10 } } do io.write(tostring(c[1]), "/", c[2], "=", tostring(tonumber(c[1], c[2])), " ") end print()
print(tonumber(5), tonumber(true), tonumber(nil), tonumber({}), tonumber(print), pcall(tonumber)) print(pcall(tonumber, "1", 0)) print(pcall(tonumber, "1", 1)) print(pcall(tonumber, "1", 37)) print(pcall(tonumber, {}, 16)) print(pcall(tonumber, nil, 10)) print(tonumber("10", 10), tonumber("10", nil), tonumber("z", 36), tonumber(1e15, 10))
print(tostring(1), tostring(1.5), tostring(-0), tostring("s"), tostring(nil), tostring(false), pcall(tostring)) print(tostring(1e15), tostring(123456789012), tostring(2 ^ 63), tostring(0.1), tostring(1 / 3), type(tostring(1)))
print(tostring(tostring):match "^function: builtin", tostring(print) == tostring(print), tostring({}) ~= tostring({}), #tostring(12345)) print(tonumber("0x10", 16), tonumber("0x10", 10), tonumber("1e2"), tonumber("0x1e2"), tonumber("0xep1"), tonumber("1e1e1"))
print(tonumber("9007199254740993"), tonumber("0.1") == 0.1, tonumber("1e-324"), tonumber("4.9406564584124654e-324") > 0, tonumber("1.7976931348623157e308"), tonumber("1.7976931348623159e308"), tonumber("2.2250738585072011e-308") > 0)
print(tonumber(("1"):rep(400)), tonumber("0." .. ("0"):rep(400) .. "1"), tonumber(("0"):rep(400) .. "7"), tonumber("1" .. ("0"):rep(30)) == 1e30, tonumber("0x" .. ("f"):rep(20)))
--> "10"=10 " 10 "=10 "0x1F"=31 "1e3"=1000 "-5"=-5 "+5"=5 "- 5"=nil "1.5"=1.5 ".5"=0.5 "5."=5 ""=nil " "=nil "abc"=nil "10abc"=nil "1 0"=nil "0x"=nil "1e"=nil "inf"=inf "nan"=nan "0x1p3"=8 "1e400"=inf "-0"=-0 "\9\
--> 7\13\11\12"=7 "7\0"=nil "0xABCDEFG"=nil "１"=nil "1_0"=nil "--5"=nil "0b11"=3 "0B2"=nil "1e+5"=100000 "1E-2"=0.01 "0x.8p1"=1 
--> ff/16=255 FF/16=255 0xff/16=255 11/2=3 12/2=nil z/36=35 Zz/36=1295 8/8=nil 77/8=63  7 /8=7 -7/8=-7 /10=nil 1.5/10=1.5 1e1/10=10 9/9=nil 7fffffff/16=2147483647 ffffffff/16=4294967295 100000000/16=4294967296 -ff/16=-255 99/10=99 10/16=16 1e1/16=481 a b/16=nil +f/16=15 11111111111111111111111111111111/2=4294967295 123456789012/10=123456789012 
--> 5	nil	nil	nil	nil	false	bad argument #1 to '?' (value expected)
--> false	bad argument #2 to '?' (base out of range)
--> false	bad argument #2 to '?' (base out of range)
--> false	bad argument #2 to '?' (base out of range)
--> false	bad argument #1 to '?' (string expected, got table)
--> true	nil
--> 10	10	35	1e+15
--> 1	1.5	-0	s	nil	false	false	bad argument #1 to '?' (value expected)
--> 1e+15	123456789012	9.2233720368548e+18	0.1	0.33333333333333	string
--> function: builtin	true	true	5
--> 16	16	100	482	28	nil
--> 9.007199254741e+15	true	0	true	1.7976931348623e+308	inf	true
--> inf	0	7	true	1.2089258196146e+24

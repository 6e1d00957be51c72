-- Methods through the string metatable, and strings as values.
print(("x"):len(), ("%d"):format(5), #"abc", ("a"):byte(), ("abc").len == string.len, ("abc").nope) local mt = getmetatable "" print(type(mt), mt.__index == string, mt.__metatable) string.custom = function(s, n) return s .. n end print(("x"):custom(5)) string.custom = nil print(pcall(function() return ("x"):custom() end))
mt.__add = function(a, b) return "add " .. tostring(a) .. tostring(b) end print("a" + 1, "1" + 1, "x" + "y") mt.__add = nil mt.__call = function(s, x) return s .. "(" .. tostring(x) .. ")" end print(("f")(1)) mt.__call = nil mt.__unm = function(s) return s:reverse() end print(-"abc", -"12") mt.__unm = nil mt.__index = function(s, i) return type(i) == "number" and s:sub(i, i) or string[i] end print(("abc")[2], ("abc"):upper()) mt.__index = string mt.__len = function() return 99 end print(#"abc") mt.__len = nil mt.__lt = function() return true end print("b" < "a", pcall(function() return "a" < 1 end)) mt.__lt = nil mt.__eq = function() return true end print("a" == "b") mt.__eq = nil mt.__concat = function() return "mm" end print("a" .. "b", "a" .. 1, pcall(function() return "a" .. {} end)) mt.__concat = nil
print(("abc"):find "b", ("a,b"):gsub(",", ";"), ("x"):rep(2):upper():lower():len()) local s = "s" print(s:upper(), s.upper(s), string.upper "s") print(tostring("x") == "x", ("x"):lower() == "x", rawequal("a" .. "b", "ab"), ("a\0"):len()) local t = {} t[s .. "1"] = 1 t["s1"] = t.s1 + 1 print(t.s1) for i = 1, 3 do t["k" .. i] = i end print(t.k1, t.k2, t.k3)
local long1, long2 = ("ab"):rep(500), ("ab"):rep(500) print(long1 == long2, ({ [long1] = "found" })[long2]) print(#("\r\n\t"), "\65\066\x43", 'single "double"', "double 'single'") print(("x"):rep(3):gsub("x", "%0,"):sub(1, -2)) print(pcall(function() local x = "abc" x.y = 1 end))
--> 1	5	3	97	true	nil
--> table	true	nil
--> x5
--> false	method_misc.lua:2: attempt to call method 'custom' (a nil value)
--> add a1	2	add xy
--> f(1)
--> cba	-12
--> b	ABC
--> 3
--> false	false	method_misc.lua:3: attempt to compare string with number
--> false
--> ab	a1	true	mm
--> 2	a;b	2
--> S	S	S
--> true	true	true	2
--> 2
--> 1	2	3
--> true	found
--> 3	ABC	single "double"	double 'single'
--> x,x,x
--> false	method_misc.lua:5: attempt to index local 'x' (a string value)

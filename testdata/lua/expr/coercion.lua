-- Strings as numbers in arithmetic, numbers as strings in library calls.
print("10" + 1, "0x10" + 0, " 5 " * 2, "1e2" / 1, "3" ^ "2", -"4", "7" % "4", "10" - "1")
print("0x1p4" + 0, ".5" + 0, "5." + 0, "\t7\n" + 0)
for _, s in ipairs { "", " ", "x", "1x", "1 2", "0x", "--1", "1e", "nil", "1,5", "0b1", "1\0" } do
  print(("%q"):format(s), pcall(function() return s + 1 end))
end
print(pcall(function() return {} + 1 end))
print(pcall(function() return 1 + nil end))
print(pcall(function() return true * 2 end))
print(pcall(function() return -{} end))
print(pcall(function() return "a" + "b" end))
print(10 == "10", "10" == 10, 0 == "0")
print(("x"):rep("3"), ("abc"):sub("2"), math.max("10", 9), ("%d"):format("42"))
print(#tostring(12), pcall(function() return (12).type end))
local t = { 10, 20 }
print(t["1"], t[1], t[1.0], t[2 ^ 0])
for i = "1", "3" do io.write(type(i), i, " ") end print()
--> 11	16	10	100	9	-4	3	9
--> 16	0.5	5	7
--> ""	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> " "	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "x"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "1x"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "1 2"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "0x"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "--1"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "1e"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "nil"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "1,5"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> "0b1"	true	2
--> "1\0"	false	coercion.lua:5: attempt to perform arithmetic on upvalue 's' (a string value)
--> false	coercion.lua:7: attempt to perform arithmetic on a table value
--> false	coercion.lua:8: attempt to perform arithmetic on a nil value
--> false	coercion.lua:9: attempt to perform arithmetic on a boolean value
--> false	coercion.lua:10: attempt to perform arithmetic on a table value
--> false	coercion.lua:11: attempt to perform arithmetic on a string value
--> false	false	false
--> xxx	bc	10	42
--> 2	false	coercion.lua:14: attempt to index a number value
--> nil	10	10	10
--> number1 number2 number3 

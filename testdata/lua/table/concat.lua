-- table.concat: separators, ranges, numbers, errors.
print(table.concat {}, table.concat { 1, 2, 3 }, table.concat({ 1, 2, 3 }, ", "), table.concat({ "a", "b", "c" }, "-", 2), table.concat({ "a", "b", "c" }, "-", 2, 3), table.concat({ "a", "b" }, "-", 3), table.concat({ "a", "b" }, "-", 2, 1), table.concat({ "x" }, "sep"))
print(table.concat({ 1.5, "s", 1e100, -0, 2 ^ 53 }, " "), table.concat({ 1, 2 }, 0), table.concat({ [0] = "z", "a" }, ",", 0), table.concat({ [-1] = "m", [0] = "z", "a" }, ",", -1, 1)) print(pcall(table.concat)) print(pcall(table.concat, 1)) print(pcall(table.concat, { 1, {}, 3 })) print(pcall(table.concat, { 1, nil, 3 }, ",", 1, 3)) print(pcall(table.concat, { 1, 2 }, ",", 1, 5)) print(pcall(table.concat, { true })) print(pcall(table.concat, { 1 }, {})) print(pcall(table.concat, { 1 }, ",", "x")) print(pcall(table.concat, { print }, ","))
local big = {} for i = 1, 1000 do big[i] = i % 10 end print(#table.concat(big), #table.concat(big, ", "), table.concat(big, "", 1, 20)) print(table.concat(setmetatable({}, { __index = function(_, i) return "i" .. i end }), ",", 1, 0) == "", pcall(table.concat, setmetatable({}, { __index = function(_, i) return "i" .. i end }), ",", 1, 3)) print(table.concat({ "a\0b", "c" }, "\0") == "a\0b\0c", table.concat({ "", "", "" }, ","), #table.concat({ ("x"):rep(10000), ("y"):rep(10000) })) print(table.concat({ 1, 2, 3 }, nil), table.concat({ 1, 2, 3 }, ",", nil, 2), table.concat({ 5, 6, 7 }, ",", 2, nil), table.concat({ 1, 2, 3 }, ";", "2", "3"))
--> 	123	1, 2, 3	b-c	b-c			x
--> 1.5 s 1e+100 -0 9.007199254741e+15	102	z,a	m,z,a
--> false	bad argument #1 to '?' (table expected, got no value)
--> false	bad argument #1 to '?' (table expected, got number)
--> false	invalid value (table) at index 2 in table for 'concat'
--> false	invalid value (nil) at index 2 in table for 'concat'
--> false	invalid value (nil) at index 3 in table for 'concat'
--> false	invalid value (boolean) at index 1 in table for 'concat'
--> false	bad argument #2 to '?' (string expected, got table)
--> false	bad argument #3 to '?' (number expected, got string)
--> false	invalid value (function) at index 1 in table for 'concat'
--> 1000	2998	12345678901234567890
--> true	false	invalid value (nil) at index 1 in table for 'concat'
--> true	,,	20000
--> 123	1,2	6,7	2;3

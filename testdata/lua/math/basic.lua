-- Functions of the math library on ordinary and special values.
local inf, nan = math.huge, 0 / 0
local function row(name, f, ...) local o = {} for i = 1, select("#", ...) do o[i] = ("%.12g"):format((f((select(i, ...))))):gsub("-nan", "nan") end print(name, table.concat(o, " ")) end
for _, n in ipairs { "abs", "floor", "sqrt", "sin", "cos", "tan", "atan", "exp", "sinh", "tanh", "deg", "rad" } do row(n, math[n], 0, 1, -1, 0.5, 2.75, 1e10, inf) end
row("ceil", math.ceil, 0, 1, 1.5, 2.999, 1e300, inf, -3, -3.5) row("floor", math.floor, -0.5, -1.5, 1e300, -inf, 2 ^ 53, 4503599627370495.5, -4503599627370495.5) row("asin", math.asin, 0, 1, -1, 0.5) row("acos", math.acos, 0, 1, -1, 0.5) row("log", math.log, 1, 10, 0.5, 1e300, 0, inf) row("log10", math.log10, 1, 10, 1000, 0.001) row("cosh", math.cosh, 0, 1, -1)
print(math.floor(-0), math.abs(-0), math.sqrt(-1) ~= math.sqrt(-1), math.log(-1) ~= math.log(-1), math.acos(2) ~= math.acos(2)) print(math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1), math.atan2(0, 1), math.atan2(1, 0), math.atan2(-0, -1)) print(math.pow(2, 10), math.pow(2, 0.5), math.pow(-8, 1 / 3) ~= math.pow(-8, 1 / 3), math.pow(0, 0), math.pow(inf, 0), math.pow(2, -1), math.pow(1, nan)) print(math.log(8, 2), math.log(100, 10), math.log(2, 4), math.log(1024, 2), math.log(27, 3))
print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2), math.fmod(1, inf), math.fmod(1, 0) ~= math.fmod(1, 0)) print(math.modf(3.7), math.modf(-3.7), math.modf(5), math.modf(inf), math.modf(-inf)) print(math.frexp(8), math.frexp(0), math.frexp(-0.3), math.frexp(1e300)) print(math.ldexp(0.5, 4), math.ldexp(1, -1074), math.ldexp(1, 1024), math.ldexp(0, 5)) print(math.max(1, 5, 3), math.max(-1), math.min(2, 1, 3), math.min(0, -0), math.max(1, inf), math.min(1, -inf), math.max(1.5, "2.5")) print(math.pi, math.huge, -math.huge, math.mod, math.type, math.tointeger)
for _, n in ipairs { "abs", "floor", "sqrt", "fmod", "max", "min", "ldexp", "atan2", "pow", "log", "modf", "frexp" } do io.write(n, ": ", (select(2, pcall(math[n]))), " | ", (select(2, pcall(math[n], {}))), "\n") end print(math.floor("3.7"), math.sqrt("16"), pcall(math.floor, "x"), math.abs("-5"), pcall(math.sin, nil))
--> abs	0 1 1 0.5 2.75 10000000000 inf
--> floor	0 1 -1 0 2 10000000000 inf
--> sqrt	0 1 nan 0.707106781187 1.65831239518 100000 inf
--> sin	0 0.841470984808 -0.841470984808 0.479425538604 0.381660992052 -0.487506025088 nan
--> cos	1 0.540302305868 0.540302305868 0.87758256189 -0.924302378632 0.873119622677 nan
--> tan	0 1.55740772465 -1.55740772465 0.546302489844 -0.412917894485 -0.558349637811 nan
--> atan	0 0.785398163397 -0.785398163397 0.463647609001 1.22202532321 1.57079632669 1.57079632679
--> exp	1 2.71828182846 0.367879441171 1.6487212707 15.6426318842 inf inf
--> sinh	0 1.17520119364 -1.17520119364 0.521095305494 7.78935201149 inf inf
--> tanh	0 0.761594155956 -0.761594155956 0.46211715726 0.991859724568 1 1
--> deg	0 57.2957795131 -57.2957795131 28.6478897565 157.563393661 572957795131 inf
--> rad	0 0.0174532925199 -0.0174532925199 0.00872664625997 0.0479965544298 174532925.199 inf
--> ceil	0 1 2 3 1e+300 inf -3 -3
--> floor	-1 -2 1e+300 -inf 9.00719925474e+15 4.50359962737e+15 -4.50359962737e+15
--> asin	0 1.57079632679 -1.57079632679 0.523598775598
--> acos	1.57079632679 0 3.14159265359 1.0471975512
--> log	0 2.30258509299 -0.69314718056 690.775527898 -inf inf
--> log10	0 1 3 -3
--> cosh	1 1.54308063482 1.54308063482
--> -0	0	true	true	true
--> 0.78539816339745	-2.3561944901923	3.1415926535898	0	1.5707963267949	-3.1415926535898
--> 1024	1.4142135623731	true	1	1	0.5	1
--> 3	2	0.5	10	3
--> 1	-1	1	1.5	1	true
--> 3	-3	5	inf	-inf	-0
--> 0.5	0	-0.6	0.74661089480258	997
--> 8	4.9406564584125e-324	inf	0
--> 5	-1	1	-0	inf	-inf	2.5
--> 3.1415926535898	inf	-inf	nil	nil	nil
--> abs: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> floor: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> sqrt: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> fmod: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> max: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> min: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> ldexp: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> atan2: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> pow: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> log: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> modf: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> frexp: bad argument #1 to '?' (number expected, got no value) | bad argument #1 to '?' (number expected, got table)
--> 3	4	false	5	false	bad argument #1 to '?' (number expected, got nil)

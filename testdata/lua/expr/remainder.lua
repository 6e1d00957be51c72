-- Remainders: signs, zeros, fractions, quotients that are large, infinite or no number; by constants and by variables.
local inf, nan = 1 / 0, 0 / 0
local xs = { 0, -0, 1, -1, 2.5, -2.5, 5, -5, 7, 1e-310, -1e-310, 2 ^ 31 - 1, 2 ^ 31, -2 ^ 31, 2 ^ 32 + 3, 2 ^ 52 + 1, 2 ^ 53, 1e300, -1e300, inf, -inf, nan }
local ys = { 1, -1, 2, 3, -3, 0.1, 2 ^ 31, 2 ^ 32, 1e-300, -1e-300, 1e300, 0, -0, inf, -inf, nan }
local function text(v) if v ~= v then return "nan" elseif v == 0 then return 1 / v > 0 and "0" or "-0" end return ("%.17g"):format(v) end
for _, x in ipairs(xs) do
  local line = {}
  for i, y in ipairs(ys) do line[i] = text(x % y) end
  print(text(x), table.concat(line, " "))
  print("", text(x % 3), text(x % -3), text(x % 0.25), text(x % 1e9), text(7 % x), text(-7 % x))
end
-- Around the largest quotient that is rounded by truncation.
for d = -2, 2 do local x = (2 ^ 31 + d) * 3 print(text(x % 3), text((x + 1) % 3), text((x - 0.5) % 3), text(-x % 3), text((2 ^ 31 + d + 0.5) % 1)) end
local sum = 0 for i = -1000, 1000 do sum = (sum * 31 + i % 7 + i % -7 + (i + 0.5) % 3) % 1000003 end print(sum)
--> 0	0 0 0 0 0 0 0 0 0 0 0 nan nan nan nan nan
--> 	0	0	0	0	nan	nan
--> -0	0 0 0 0 0 0 0 0 0 0 0 nan nan nan nan nan
--> 	0	0	0	0	nan	nan
--> 1	0 0 1 1 -2 0 1 1 1.1102230246251565e-16 1.1102230246251565e-16 1 nan nan nan nan nan
--> 	1	-2	0	1	0	0
--> -1	0 0 1 2 -1 0 2147483647 4294967295 -1.1102230246251565e-16 -1.1102230246251565e-16 1.0000000000000001e+300 nan nan nan nan nan
--> 	2	-1	0	999999999	0	0
--> 2.5	0.5 -0.5 0.5 2.5 -0.5 0 2.5 2.5 0 0 2.5 nan nan nan nan nan
--> 	2.5	-0.5	0	2.5	2	0.5
--> -2.5	0.5 -0.5 1.5 0.5 -2.5 0 2147483645.5 4294967293.5 0 0 1.0000000000000001e+300 nan nan nan nan nan
--> 	0.5	-2.5	0	999999997.5	-0.5	-2
--> 5	0 0 1 2 -1 0 5 5 0 0 5 nan nan nan nan nan
--> 	2	-1	0	5	2	3
--> -5	0 0 1 1 -2 0 2147483643 4294967291 0 0 1.0000000000000001e+300 nan nan nan nan nan
--> 	1	-2	0	999999995	-3	-2
--> 7	0 0 1 1 -2 0 7 7 0 0 7 nan nan nan nan nan
--> 	1	-2	0	7	0	0
--> 9.9999999999999694e-311	9.9999999999999694e-311 -1 9.9999999999999694e-311 9.9999999999999694e-311 -3 9.9999999999999694e-311 9.9999999999999694e-311 9.9999999999999694e-311 9.9999999999999694e-311 -9.9999999989999998e-301 9.9999999999999694e-311 nan nan nan nan nan
--> 	9.9999999999999694e-311	-3	9.9999999999999694e-311	9.9999999999999694e-311	-inf	inf
--> -9.9999999999999694e-311	1 -9.9999999999999694e-311 2 3 -9.9999999999999694e-311 0.10000000000000001 2147483648 4294967296 9.9999999989999998e-301 -9.9999999999999694e-311 -9.9999999999999694e-311 nan nan nan nan nan
--> 	3	-9.9999999999999694e-311	0.25	1000000000	-inf	inf
--> 2147483647	0 0 1 1 -2 0 2147483647 2147483647 -inf -inf 2147483647 nan nan nan nan nan
--> 	1	-2	0	147483647	7	2147483640
--> 2147483648	0 0 0 2 -1 0 0 2147483648 -inf -inf 2147483648 nan nan nan nan nan
--> 	2	-1	0	147483648	7	2147483641
--> -2147483648	0 0 0 1 -2 0 0 2147483648 inf inf 1.0000000000000001e+300 nan nan nan nan nan
--> 	1	-2	0	852516352	-2147483641	-7
--> 4294967299	0 0 1 1 -2 0 3 3 -inf -inf 4294967299 nan nan nan nan nan
--> 	1	-2	0	294967299	7	4294967292
--> 4503599627370497	0 0 1 2 -1 0 1 1 -inf -inf 4503599627370497 nan nan nan nan nan
--> 	2	-1	0	627370497	7	4503599627370490
--> 9007199254740992	0 0 0 2 0 0 0 0 -inf -inf 9007199254740992 nan nan nan nan nan
--> 	2	0	0	254740992	7	9007199254740985
--> 1.0000000000000001e+300	0 0 0 0 0 0 0 0 -inf -inf 0 nan nan nan nan nan
--> 	0	0	0	0	7	1.0000000000000001e+300
--> -1.0000000000000001e+300	0 0 0 0 0 0 0 0 inf inf 0 nan nan nan nan nan
--> 	0	0	0	0	-1.0000000000000001e+300	-7
--> inf	nan nan nan nan nan nan nan nan nan nan nan nan nan nan nan nan
--> 	nan	nan	nan	nan	nan	nan
--> -inf	nan nan nan nan nan nan nan nan nan nan nan nan nan nan nan nan
--> 	nan	nan	nan	nan	nan	nan
--> nan	nan nan nan nan nan nan nan nan nan nan nan nan nan nan nan nan
--> 	nan	nan	nan	nan	nan	nan
--> 0	1	2.5	0	0.5
--> 0	1	2.5	0	0.5
--> 0	1	2.5	0	0.5
--> 0	1	2.5	0	0.5
--> 0	1	2.5	0	0.5
--> 297996.5

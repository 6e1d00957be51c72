-- Numerals with exponents that a long mantissa makes up for, and the exponents that are malformed.
for _, n in ipairs { 65535, 65536, 655359, 655360, 1000000, 1048574 } do
  print(n, tonumber("0." .. ("0"):rep(n - 1) .. "1e" .. n), tonumber("25" .. ("0"):rep(n - 1) .. "e-" .. n))
end
for _, n in ipairs { 309, 1048575, 1048576 } do
  print(n, tonumber("1e" .. n), tonumber("-1e" .. n), tonumber("1e-" .. n), tonumber("0e" .. n), tonumber("0x1p" .. n), tonumber("0x1p-" .. n))
end
print(tonumber("0x0." .. ("0"):rep(1000) .. "1p4004"), tonumber("0x1" .. ("0"):rep(1000) .. "p-4000"))
print(loadstring("return 1e1048575")(), (loadstring("return 1e1048576", "=chunk")))
--> 65535	1	2.5
--> 65536	1	2.5
--> 655359	1	2.5
--> 655360	1	2.5
--> 1000000	1	2.5
--> 1048574	1	2.5
--> 309	inf	-inf	1e-309	0	1.0429624198833e+93	9.5880731744096e-94
--> 1048575	inf	-inf	0	0	inf	0
--> 1048576	nil	nil	nil	nil	nil	nil
--> 1	1
--> inf	nil

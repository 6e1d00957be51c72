-- Character classes over all bytes, in sets and complemented.
-- modes: -gc-stress
for _, class in ipairs { "a", "c", "d", "l", "p", "s", "u", "w", "x", "z", "g" } do
  local out, first, count = {}, nil, 0
  for i = 0, 256 do local m = i < 256 and string.char(i):match("%" .. class) ~= nil if m then count = count + 1 first = first or i elseif first then out[#out + 1] = first == i - 1 and tostring(first) or first .. "-" .. i - 1 first = nil end end
  local n = 0 for i = 0, 255 do if string.char(i):match("^[^%" .. class .. "]$") then n = n + 1 end if string.char(i):match("%" .. class:upper()) then n = n + 1000 end end
  print(class, count, n, table.concat(out, " "))
end
print(("[%a]"):rep(2), ("a]b"):match "[]]", ("a]b"):match "[^]]+", ("a-b"):match "[a-]+", ("a-b"):match "[-a]+", ("a^b"):match "[b^]", ("x^"):match "[%^x]+", ("a\\b"):match "[\\]") print(("b"):match "[a-c]", ("d"):match "[a-c]", ("5"):match "[%a%d]", ("_"):match "[%w_]", ("-"):match "[%-]", ("é"):match "[\195][\169]" == "é") print(("az"):match "[a-z]+", ("a-z"):match "[a%-z]+", ("%"):match "[%%]", ("]"):match "[%]]", ("b"):match "[%a-z]", ("-"):match "[%a-z]") print((" \t\n\v\f\r"):match "^%s+$" ~= nil, ("\127"):match "%c" ~= nil, ("\128"):match "%a", (""):match "%a")
--> a	52	204204	65-90 97-122
--> c	33	223223	0-31 127
--> d	10	246246	48-57
--> l	26	230230	97-122
--> p	32	224224	33-47 58-64 91-96 123-126
--> s	6	250250	9-13 32
--> u	26	230230	65-90
--> w	62	194194	48-57 65-90 97-122
--> x	22	234234	48-57 65-70 97-102
--> z	1	255255	0
--> g	94	162162	33-126
--> [%a][%a]	]	a	a-	a-	^	x^	\
--> b	nil	5	_	-	true
--> az	a-z	%	]	b	-
--> true	true	nil	nil

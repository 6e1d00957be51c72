-- Malformed numerals and what the message names.
local function try(source)
  local f, message = loadstring("return " .. source, "=t")
  print(source, f and tostring(f()) or message)
end
for _, s in ipairs { "1x", "0x", "0xg", "1e", "1e+", "1..2", "1.2.3", "0x1p", "3abc", "08", "1e5x", "0b1", "0b102", "1_000",
  "0x1.p1", "..", ".", ".e1", "1LLL", "1U", "1i2" } do
  try(s)
end
--> 1x	t:1: malformed number near '1x'
--> 0x	t:1: malformed number near '0x'
--> 0xg	t:1: malformed number near '0xg'
--> 1e	t:1: malformed number near '1e'
--> 1e+	t:1: malformed number near '1e+'
--> 1..2	t:1: malformed number near '1..2'
--> 1.2.3	t:1: malformed number near '1.2.3'
--> 0x1p	t:1: malformed number near '0x1p'
--> 3abc	t:1: malformed number near '3abc'
--> 08	8
--> 1e5x	t:1: malformed number near '1e5x'
--> 0b1	1
--> 0b102	t:1: malformed number near '0b102'
--> 1_000	t:1: malformed number near '1_000'
--> 0x1.p1	2
--> ..	t:1: unexpected symbol near '..'
--> .	t:1: unexpected symbol near '.'
--> .e1	t:1: unexpected symbol near '.'
--> 1LLL	t:1: malformed number near '1LLL'
--> 1U	t:1: malformed number near '1U'
--> 1i2	t:1: malformed number near '1i2'

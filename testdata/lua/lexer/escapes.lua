-- Every escape sequence in quoted strings.
local function codes(s)
  local t = {}
  for i = 1, #s do t[i] = s:byte(i) end
  print(#s, table.concat(t, " "))
end
codes("\a\b\f\n\r\t\v\\\"\'")
codes('\'\"')
codes("\0\1\01\001\0011\255\97b")
codes("\x41\x7a\x00\xFF\xfe")
codes("\u{41}\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10FFFF}")
codes("a\z
       b\z   c")
codes("x\
y")
codes("a\z



b")
print(#"\0", "\0" == "\0\0", "a\0b" < "a\0c", ("a\0b"):len())
print("tab\tend")
--> 10	7 8 12 10 13 9 11 92 34 39
--> 2	39 34
--> 9	0 1 1 1 1 49 255 97 98
--> 5	65 122 0 255 254
--> 20	65 127 194 128 223 191 224 160 128 239 191 191 240 144 128 128 244 143 191 191
--> 3	97 98 99
--> 3	120 10 121
--> 2	97 98
--> 1	false	true	3
--> tab	end

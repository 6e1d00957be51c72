-- Equality and order on all types.
print(1 == 1.0, 1 == "1", "1" == "1", nil == false, nil == nil, 0 == -0)
print("a" < "b", "a" < "B", "Z" < "a", "" < "a", "a" < "aa", "a\0a" < "a\0b", "a" <= "a", "b" >= "a")
print("10" < "9", 10 < 9, "\200" > "a", "a" .. "b" == "ab")
print(1 < 2, 2 < 1, 1 <= 1, 1 >= 2, 1 ~= 2, -1 < 0, math.huge > 1e308, -math.huge < -1e308)
local nan = 0 / 0
print(nan == nan, nan ~= nan, nan < 1, nan > 1, nan <= nan, nan >= nan, not (nan < 1))
local t, u = {}, {}
print(t == t, t == u, t ~= u, print == print, "x" == t)
for _, pair in ipairs { { 1, "1" }, { {}, {} }, { nil, 1 }, { true, false }, { "a", 1 }, { print, print }, { {}, 1 } } do
  print(pcall(function() return pair[1] < pair[2] end))
  print(pcall(function() return pair[1] <= pair[2] end))
  print(pcall(function() return pair[1] > pair[2] end))
end
local x = 3
print(x < 4, 4 < x, x == 3, 3 == x, x ~= "3", x == nil, nil == x, x == true, x <= 3, x >= 4)
--> true	false	true	false	true	true
--> true	false	true	true	true	true	true	true
--> true	false	true	true
--> true	false	true	false	true	true	true	true
--> false	true	false	false	false	false	true
--> true	false	true	true	false
--> false	comparison.lua:11: attempt to compare number with string
--> false	comparison.lua:12: attempt to compare number with string
--> false	comparison.lua:13: attempt to compare string with number
--> false	comparison.lua:11: attempt to compare two table values
--> false	comparison.lua:12: attempt to compare two table values
--> false	comparison.lua:13: attempt to compare two table values
--> false	comparison.lua:11: attempt to compare nil with number
--> false	comparison.lua:12: attempt to compare nil with number
--> false	comparison.lua:13: attempt to compare number with nil
--> false	comparison.lua:11: attempt to compare two boolean values
--> false	comparison.lua:12: attempt to compare two boolean values
--> false	comparison.lua:13: attempt to compare two boolean values
--> false	comparison.lua:11: attempt to compare string with number
--> false	comparison.lua:12: attempt to compare string with number
--> false	comparison.lua:13: attempt to compare number with string
--> false	comparison.lua:11: attempt to compare two function values
--> false	comparison.lua:12: attempt to compare two function values
--> false	comparison.lua:13: attempt to compare two function values
--> false	comparison.lua:11: attempt to compare table with number
--> false	comparison.lua:12: attempt to compare table with number
--> false	comparison.lua:13: attempt to compare number with table
--> true	false	true	true	true	false	false	false	true	false

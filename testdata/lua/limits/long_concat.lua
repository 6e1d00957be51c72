-- Too long a concatenation is an error found before anything is copied.
local long = ("\0"):rep(2 ^ 24)
local function joins(n) return assert(loadstring("local a = ... return a" .. (" .. a"):rep(n - 1)))(long) end
for _, n in ipairs { 2, 4, 5, 129, 200 } do
  local ok, text = pcall(joins, n)
  print(n, ok, ok and #text or text)
end
--> 2	true	33554432
--> 4	true	67108864
--> 5	true	83886080
--> 129	false	[string "local a = ... return a .. a .. a .. a .. a ....."]:1: string length overflow
--> 200	false	long_concat.lua:3: [string "local a = ... return a .. a .. a .. a .. a ....."]:1: chunk has too many syntax levels

-- if, elseif, else in nested and mixed forms.
local function sign(x) if x < 0 then return "neg" elseif x == 0 then return "zero" elseif x > 0 then return "pos" else return "nan" end end
print(sign(-1), sign(0), sign(1), sign(0 / 0))
local function kind(v)
  if v == nil then return "nil" elseif v == true then return "true" elseif v == false then return "false"
  elseif v == "s" then return "string s" elseif v == 1 then return "one" elseif type(v) == "table" then return "table" end
  return "other"
end
print(kind(nil), kind(true), kind(false), kind "s", kind(1), kind {}, kind(2))
for _, v in ipairs { 0, "", "0", {}, print, true } do if v then io.write "T" else io.write "F" end end print()
if false then elseif nil then else print "else" end
if true then if false then print "no" else print "inner else" end end
local n = 0
if n == 0 then n = 1 end if n == 1 then n = 2 end print(n)
local a, b = 1, 2
if a < b then if a <= 1 then if not (b < 2) then print "all three" end end end
if a ~= 1 or b ~= 2 then print "no" elseif a == 1 and (b == 3 or b == 2) and not (a == b) then print "compound" end
if a == 1 then local a = "shadow" print(a) end print(a)
if (a and b) == 2 then print "value of and" end
if a + b == 3 and a .. b == "12" then print "both" end
if not a then elseif not not b then print "double not" end
if "a" < "b" then print "strings" end
if nil == false then print "no" else print "nil is not false" end
--> neg	zero	pos	nan
--> nil	true	false	string s	one	table	other
--> TTTTTT
--> else
--> inner else
--> 2
--> all three
--> compound
--> shadow
--> 1
--> value of and
--> both
--> double not
--> strings
--> nil is not false

-- Names and strings with bytes above 127, which LuaJIT allows in names.
local größe = 3
local λ = function(x) return x + größe end
print(größe, λ(4))
local t = { 名前 = "value" }
print(t.名前, t["名前"])
for k in pairs(t) do print(#k, k) end
print(loadstring("local \255\254 = 1 return \255\254")())
print(#"é", ("é"):byte(1, -1))
--> 3	7
--> value	value
--> 6	名前
--> 1
--> 2	195	169

-- Long subjects and deep nesting in patterns: single-character loops do not recurse, the rest is limited.
-- modes: -gc-stress
local s = ("a"):rep(300000)
print(#s:match "a*", #s:match "^(a-)$", #s:match "^.-$", s:match "a+$" == s, #s:match "^(a+)(a)$")
print(#(("("):rep(1000) .. (")"):rep(1000)):match "%b()", ("("):rep(2000):match "%b()")
print((select(2, pcall(string.match, ("a"):rep(12), ("a?"):rep(12) .. "b$"))))
local function message(...) local ok, m = pcall(...) return ok, type(m) == "string" and m:match "pattern too complex" or m end
print(message(string.match, "x", ("x?"):rep(300000)))
print(message(string.match, "x", ("(x?"):rep(40)))
print(message(string.find, ("x"):rep(100), ("x"):rep(90) .. "y"))
print(select(2, s:gsub("a", "b")), #s:gsub("aa", "b"), s:find("b", 1, true), s:find "b")
--> 300000	300000	300000	true	299999
--> 2000	nil
--> nil
--> true	x
--> false	too many captures
--> true	nil
--> 300000	150000	nil	nil

-- Parentheses cut results to one and do not make tail calls or l-values.
local function two() return 1, 2 end
local function none() end
print((two()), two(), (two()))
print((none()))
print((none()) == nil, select("#", (none())), select("#", none()), select("#", two()))
local function va(...) return (...), select("#", (...)), ... end
print(va(7, 8, 9))
print(va())
local t = { (two()), (two()) } print(#t)
local f = function() return (two()) end
print(f())
print(#("abc"), ("x"):rep(2), (("y")), ({ 1, 2, 3 })[2], (function() return "called" end)())
print(select(2, loadstring("(a) = 1", "=t")))
print(select(2, loadstring("(f()).x = 1", "=t")))
print(select(2, loadstring("local t = {} (t).x = 5 return t.x", "=t")) or "ok")
local s = "a"
;(function() s = s .. "b" end)()
print(s)
--> 1	1	1
--> nil
--> true	1	0	2
--> 7	1	7	8	9
--> nil	1
--> 2
--> 1
--> 3	xx	y	2	called
--> t:1: syntax error near '='
-->
--> ok
--> ab

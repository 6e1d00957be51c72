-- Calls: argument forms, method calls, missing and extra arguments, callee evaluation order.
local function show(...) print(select("#", ...), ...) end
show "str" show [[long]] show({ 1 } ~= nil)
show() show(nil) show(1, 2, nil)
local t = { n = 0 }
function t.f(a) return a end
function t:m(a, b) return self == t, a, b end
t.sub = { deep = {} }
function t.sub.deep.g(x) return "deep " .. tostring(x) end
function t.sub.deep:h(x) return self == t.sub.deep, x end
print(t.f(1), t.f(), t:m(1, 2), t.m(t, 3), t.sub.deep.g(5), t.sub.deep:h(6))
print(t:m "s", (t:m {}), t.m "x")
local log = {}
local function ev(n, v) log[#log + 1] = n return v end
ev("f", function() end)(ev("a"), ev("b"), ev("c")) print(table.concat(log, " "))
print(("x"):rep(3), ("%d,%d"):format(1, 2), #("abc"):upper())
local s = "hello" print(s:sub(2, 3):upper():rep(2))
print((function(a, b, c) return c, b, a end)(1, 2, 3))
print((function(a, b) return a, b end)(1), (function(a) return a end)(1, 2))
local function chain(n) return function(m) return function(k) return n .. m .. k end end end print(chain "a" "b" "c", pcall(chain(1)(2), {}))
--> 1	str
--> 1	long
--> 1	true
--> 0
--> 1	nil
--> 3	1	2	nil
--> 1	nil	true	true	deep 5	true	6
--> true	true	false	nil	nil
--> f a b c
--> xxx	1,2	3
--> ELEL
--> 3	2	1
--> 1	1
--> abc	false	calls.lua:20: attempt to concatenate local 'k' (a table value)

-- __eq, __lt, __le: when they are consulted, which one, conversion of results.
local calls = {}
local function mtable(name) local mt = {} for _, op in ipairs { "eq", "lt", "le" } do mt["__" .. op] = function(a, b) calls[#calls + 1] = name .. "." .. op return a.v < b.v end end return mt end
local m1, m2 = mtable "m1", mtable "m2"
local function new(v, mt) return setmetatable({ v = v }, mt) end
local a, b, c = new(1, m1), new(2, m1), new(3, m2)
local function log(...) print(table.concat(calls, " "), ...) calls = {} end
log(a < b, a > b, b < a) log(a <= b, a >= b) log(a == b, a ~= b) log(a == a, a ~= a)
log(a == c, a ~= c) log(a == 1, a == "x", a == nil)
log(pcall(function() return a < c end)) log(pcall(function() return a < 1 end)) log(pcall(function() return 1 < a end)) log(pcall(function() return "x" < a end))
m2.__lt = m1.__lt log(a < c, c < a)
m2.__eq = m1.__eq log(a == c)
m1.__le = nil log(a <= b, b <= a, a >= b)
m1.__lt = function() return "truthy" end print(a < b, a > b)
m1.__lt = function() return nil end print(a < b, a > b, a <= b, not (a < b))
m1.__eq = function() return 1 end print(a == b, a ~= b)
m1.__eq = function() error "eq error" end print((select(2, pcall(function() return a == b end)):gsub("^.-: ", "")))
m1.__eq = nil print(a == b, a ~= b)
m1.__lt = nil print(pcall(function() return a < b end)) print(pcall(function() return a <= b end))
if not (a == b) then print "branch" end
local u1, u2 = newproxy(true), newproxy(true)
getmetatable(u1).__eq = function() return true end getmetatable(u2).__eq = getmetatable(u1).__eq
print(u1 == u2, u1 == u1, u1 == newproxy(u1)) print(rawequal(u1, u2), rawequal(a, a))
getmetatable(u1).__lt = function(x, y) return true end print(u1 < newproxy(u1))
print(new(1, m2) == new(1, m2), rawequal("a", "a"))
--> m1.lt m1.lt m1.lt	true	false	false
--> m1.le m1.le	true	false
--> m1.eq m1.eq	true	false
--> 	true	false
--> 	false	true
--> 	false	false	false
--> 	false	comparison.lua:10: attempt to compare two table values
--> 	false	comparison.lua:10: attempt to compare table with number
--> 	false	comparison.lua:10: attempt to compare number with table
--> 	false	comparison.lua:10: attempt to compare string with table
--> m1.lt m1.lt	true	false
--> m1.eq	true
--> m1.lt m1.lt m1.lt	true	false	false
--> true	true
--> false	false	true	true
--> true	false
--> eq error
--> false	true
--> false	comparison.lua:19: attempt to compare two table values
--> false	comparison.lua:19: attempt to compare two table values
--> branch
--> true	true	true
--> false	true
--> true
--> false	true

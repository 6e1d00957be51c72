-- Arithmetic metamethods: operand sides, fallbacks, results, string coercion first.
local mt = {}
local function V(n) return setmetatable({ n = n }, mt) end
local function val(x) return type(x) == "table" and "V" .. tostring(x.n) or type(x) .. ":" .. tostring(x) end
for _, op in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm" } do
  mt["__" .. op] = function(a, b) return op .. "(" .. val(a) .. "," .. val(b) .. ")" end
end
local a, b = V(1), V(2)
print(a + b, a - b, a * b, a / b, a % b, a ^ b)
print(a + 1, 1 + a, a - 1, 1 - a, a * 2, 2 * a, a / 2, 2 / a, a % 2, 2 % a, a ^ 2, 2 ^ a)
print(a + "x", "x" + a, a + nil, nil + a, a * true, {} / a)
print((-a):match("^unm%(V1,"))
local k = 10 print(a + k, k + a, a - k, k - a, a * k, k % a)
mt.__add = function(x, y) return x, y end print(a + b == a, (select("#", a + b)))
mt.__sub = function() return nil end print(a - b)
mt.__mul = function() end print(a * b)
mt.__div = "not callable" print(pcall(function() return a / b end))
mt.__mod = nil print(pcall(function() return a % b end)) print(pcall(function() return 1 % b end))
mt.__pow = setmetatable({}, { __call = function(self, x, y) return "called " .. val(x) .. val(y) end }) print(a ^ 2)
local other = setmetatable({ n = 9 }, { __add = function() return "other" end })
mt.__add = function() return "first" end print(a + other, other + a, a + 1, 1 + other)
mt.__add = nil print(a + other, other + a)
mt.__unm = function(x, y) return rawequal(x, y), x.n end print(-a)
print(pcall(function() return a + a end))
--> add(V1,V2)	sub(V1,V2)	mul(V1,V2)	div(V1,V2)	mod(V1,V2)	pow(V1,V2)
--> add(V1,number:1)	add(number:1,V1)	sub(V1,number:1)	sub(number:1,V1)	mul(V1,number:2)	mul(number:2,V1)	div(V1,number:2)	div(number:2,V1)	mod(V1,number:2)	mod(number:2,V1)	pow(V1,number:2)	pow(number:2,V1)
--> add(V1,string:x)	add(string:x,V1)	add(V1,nil:nil)	add(nil:nil,V1)	mul(V1,boolean:true)	div(Vnil,V1)
--> unm(V1,
--> add(V1,number:10)	add(number:10,V1)	sub(V1,number:10)	sub(number:10,V1)	mul(V1,number:10)	mod(number:10,V1)
--> true	1
--> nil
--> nil
--> false	attempt to call a string value
--> false	arithmetic.lua:18: attempt to perform arithmetic on upvalue 'a' (a table value)
--> false	arithmetic.lua:18: attempt to perform arithmetic on upvalue 'b' (a table value)
--> called V1number:2
--> first	other	first	other
--> other	other
--> true
--> false	arithmetic.lua:24: attempt to perform arithmetic on upvalue 'a' (a table value)

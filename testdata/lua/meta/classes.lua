-- Objects: single inheritance, super calls, multiple inheritance, properties, proxies.
local Animal = {} Animal.__index = Animal
function Animal.new(name) return setmetatable({ name = name }, Animal) end
function Animal:speak() return self.name .. " makes " .. self:sound() end
function Animal:sound() return "a sound" end
local Dog = setmetatable({}, { __index = Animal }) Dog.__index = Dog
function Dog.new(name) local d = Animal.new(name) return setmetatable(d, Dog) end
function Dog:sound() return "woof and not " .. Animal.sound(self) end
print(Animal.new "Cat":speak(), Dog.new "Rex":speak())
Dog.__tostring = function(d) return "Dog(" .. d.name .. ")" end Dog.__lt = function(a, b) return a.name < b.name end Dog.__eq = function(a, b) return a.name == b.name end
local pack = { Dog.new "c", Dog.new "a", Dog.new "b" } table.sort(pack) print(tostring(pack[1]), tostring(pack[3]), Dog.new "x" == Dog.new "x", Dog.new "x" ~= Dog.new "y")
local function multi(...) local parents = { ... } return setmetatable({}, { __index = function(t, k) for _, p in ipairs(parents) do if p[k] ~= nil then t[k] = p[k] return p[k] end end end }) end
local M = multi({ a = 1 }, { a = 2, b = 3 }) print(M.a, M.b, M.c, rawget(M, "b"))
local function tracked(t) local log = {} return setmetatable({}, { __index = function(_, k) log[#log + 1] = "r" .. k return t[k] end, __newindex = function(_, k, v) log[#log + 1] = "w" .. k t[k] = v end }), log end
local p, log = tracked {} p.x = 1 p.x = p.x + 1 print(table.concat(log, " "), p.x)
local Stack = {} Stack.__index = Stack setmetatable(Stack, { __call = function(c) return setmetatable({ n = 0 }, c) end })
function Stack:push(...) for i = 1, select("#", ...) do self.n = self.n + 1 self[self.n] = (select(i, ...)) end return self end
function Stack:pop() local v = self[self.n] self[self.n] = nil self.n = self.n - 1 return v end
local s = Stack():push(1, 2, 3) print(s:pop(), s:pop(), s.n, s:push(nil, "x").n, s:pop(), s:pop())
local Vec = {} Vec.__index = Vec local function vec(x, y) return setmetatable({ x = x, y = y }, Vec) end
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end Vec.__mul = function(a, k) if type(a) == "number" then a, k = k, a end return vec(a.x * k, a.y * k) end Vec.__unm = function(a) return vec(-a.x, -a.y) end Vec.__tostring = function(a) return "(" .. a.x .. "," .. a.y .. ")" end Vec.__concat = function(a, b) return tostring(a) .. tostring(b) end
print(tostring(vec(1, 2) + vec(3, 4) * 2), tostring(-(2 * vec(1, 1))), vec(0, 1) .. "!" , vec(1, 1) .. vec(2, 2))
--> Cat makes a sound	Rex makes woof and not a sound
--> Dog(a)	Dog(c)	true	true
--> 1	3	nil	3
--> wx rx wx	2
--> 3	2	1	3	x	nil
--> (7,10)	(-2,-2)	(0,1)!	(1,1)(2,2)

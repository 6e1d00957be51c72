-- Metamethods, inheritance, upvalues, closures, concatenation and pairs in hot loops.
jit.opt.start("hotloop=2", "hotexit=2")
local log = 0
local Base = { kind = function() return "base" end }
Base.__index = Base
local P = setmetatable({}, Base)
P.__index = P
function P.new(x, y) local o = setmetatable({}, P) o.x = x o.y = y return o end
function P:add(o) self.x = self.x + o.x; self.y = self.y + o.y end
P.__add = function(a, b) return (type(a) == "table" and a.x or a) + (type(b) == "table" and b.x or b) end
P.__unm = function(a) return -a.x end
P.__lt = function(a, b) return a.x < b.x end
P.__eq = function(a, b) return a.y == b.y end
P.__concat = function(a, b) return (type(a) == "table" and "P" or a) .. (type(b) == "table" and "Q" or b) end
P.__call = function(self, n, m) return self.x + n, m end
local a, b = P.new(1, 2), P.new(3, 4)
local n, s = 0, ""
for i = 1, 60 do
    a:add(b)
    n = n + (a + b) + (a + i) + (i + b) + -a
    if a < b then n = n + 1 end
    if not (a <= b) then n = n + 2 end
    if a == b then n = n + 4 end
    if a ~= b then n = n + 8 end
    local x, y = a(i, "z")
    n = n + x + #y + #(a .. i .. "x" .. b .. 1.5) + #a.kind()
    if i == 60 then s = a .. i .. "x" .. b .. 1.5 end
end
print(n, s, a.x, a.y)

-- Reads and writes through functions, of keys that are there and that are not.
local store = {}
local proxy = setmetatable({}, {
    __index = function(_, k) log = log + 1 return store[k] or 0 end,
    __newindex = function(_, k, v) log = log + 100 store[k] = v end,
})
for i = 1, 60 do proxy[i % 7] = proxy[i % 7] + i; proxy.total = proxy.total + 1 end
print(log, store.total, store[3], next(proxy))
local strict = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, v * 2) end })
for i = 1, 60 do strict[i] = i; strict.last = i end
print(#strict, strict[60], strict.last)

-- A metamethod that appears and goes.
local late = setmetatable({}, { other = true })
local seen = {}
for i = 1, 60 do
    if i == 30 then getmetatable(late).__index = function(_, k) return k .. "!" end end
    if i == 50 then getmetatable(late).__index = nil end
    seen[#seen + 1] = tostring(late.key)
end
print(seen[29], seen[30], seen[49], seen[50], #seen)

-- Keys of all kinds; holes, growth, removal.
local t = {}
for i = 1, 100 do
    t[i] = i; t[-i] = i; t[i + 0.5] = i; t["k" .. i] = i; t[i % 2 == 0] = i
    if i % 10 == 0 then t[i] = nil end
end
local sum, keys = 0, 0
for _, v in pairs(t) do sum = sum + v; keys = keys + 1 end
print(sum, keys, t[-0], t[10], t[11.5], t.k7, t[true], t[false], t[nil])
for r = 1, 5 do for k in pairs({ 1, nil, 3, x = 1, y = 2 }) do keys = keys + #tostring(k) end end
for k, v in next, { a = 1, b = 2 } do keys = keys + v + #k end
print(keys, (pcall(function() for i = 1, 60 do local k; if i < 50 then k = i end; t[k] = i end end)))

-- Upvalues: of this frame, of closures of the loop, of functions that have returned.
local count = 0
local function bump(d) count = count + d return count end
local fs = {}
for i = 1, 60 do local j = i; fs[i] = function() j = j + 1 return j end; bump(j) end
for i = 1, 60 do bump(fs[i]()); bump(fs[i]()) end
local function counter() local c = 0 return function() c = c + 1 return c end, function(v) c = v end end
local get, set = counter()
for i = 1, 60 do if i % 20 == 0 then set(1000 * i) end; count = count + get() end
print(count, get(), fs[1](), fs[60]())
for i = 1, 60 do
    local x = i
    local function inner() x = x + 1; return function() x = x * 2 return x end end
    count = count + inner()() + x
end
print(count)

-- Constructors; strings as objects; globals.
local function three(i) return i, i + 1, nil end
for i = 1, 60 do
    local q, w = { 1, 2, 3, i }, { a = i, b = "b" }
    local m = { i, three(i) }
    count = count + q[4] + w.a + #q + m[1] + m[3] + ("x"):rep(3):len() + #w.b
    global_counter = (global_counter or 0) + 1
end
print(count, global_counter)
--> 18321	P60xP1.5	181	242
--> 12120	60	279	nil
--> 60	120	60
--> nil	key!	key!	nil	60
--> 19849	392	nil	nil	11	7	100	99	nil
--> 417	false
--> 1266281	60002	4	63
--> 1273841
--> 1281701	60

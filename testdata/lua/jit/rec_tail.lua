-- Builtins called last, with effects, and identity of objects that may be equal: exits must not do anything twice or skip a metamethod.
jit.opt.start("hotloop=2", "hotexit=2")
-- tail calls of builtins with effects
local MT = { __metatable = "no" }
MT.__index = MT
local function new(a, b) return setmetatable({ a = a, b = b }, MT) end
local function twice(i) local o = new(i, i) local p = new(o.a, i % 3 == 0 and "s" or i) return p end
local n = 0
for i = 1, 100 do n = n + twice(i).a end
print(n)
local list = {}
local function push(x) return table.insert(list, x) end
local function pop() return table.remove(list) end
local function add(i) if i % 5 == 0 then push(i) push(i) else push(i) end end
for i = 1, 100 do add(i) end
print(#list)
local s = 0
for i = 1, 100 do s = s + pop() if i % 4 == 0 then push(1) end end
print(#list, s)
-- in metamethods
local cnt = {}
local E = {}
E.__eq = function(a, b) return table.remove(cnt) end
E.__lt = function(a, b) return table.remove(cnt) end
E.__index = function(t, k) return table.insert(cnt, k) end
E.__concat = function(t, k) return table.remove(cnt) end
E.__newindex = function(t, k, v) return rawset(t, k, v) end
for i = 1, 100 do cnt[i] = i % 3 ~= 0 end
local a, b = setmetatable({}, E), setmetatable({}, E)
local e, l = 0, 0
for i = 1, 40 do if a == b then e = e + 1 end if a < b then l = l + 1 end end
print(e, l, #cnt)
for i = 1, 30 do local x = a[i % 7 == 0 and "k" or i] end
print(#cnt)
local t = {}
for i = 1, 20 do t[#t + 1] = tostring("x" .. (a .. i)) end
print(table.concat(t, ","), #cnt)
for i = 1, 20 do a[i % 2 == 0 and i or "k" .. i] = i end
local k = 0 for q in pairs(a) do k = k + 1 end print(k)
-- equal and not equal objects with a metamethod
local Q = {} Q.__eq = function(x, y) return x.v == y.v end
local function q(v) return setmetatable({ v = v }, Q) end
local o = q(1)
local eq, ne = 0, 0
for i = 1, 60 do
    local other = o
    if i % 10 == 0 then other = q(1) elseif i % 10 == 5 then other = q(2) end
    if o == other then eq = eq + 1 end
    if o ~= other then ne = ne + 1 end
end
print(eq, ne)
--> 5050
--> 120
--> 45	5281
--> 27	26	20
--> 50
--> x30,x29,xk,x27,x26,x25,x24,x23,x22,xk,x20,x19,x18,x17,x16,x15,xk,x13,x12,x11	30
--> 20
--> 54	6

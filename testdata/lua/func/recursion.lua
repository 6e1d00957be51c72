-- Deep and mutual recursion, accumulators, recursive data.
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end print(depth(5000))
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end print(fib(20))
local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) end return ack(m - 1, ack(m, n - 1)) end print(ack(2, 6))
local function hanoi(n, a, b, c) if n == 0 then return 0 end return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a) end print(hanoi(10, 1, 2, 3))
local function tree(d) if d == 0 then return nil end return { tree(d - 1), tree(d - 1), v = d } end
local function sum(t) if not t then return 0 end return t.v + sum(t[1]) + sum(t[2]) end print(sum(tree(8)))
local function perms(a, n, out) if n == 0 then out[#out + 1] = table.concat(a) return out end
  for i = 1, n do a[i], a[n] = a[n], a[i] perms(a, n - 1, out) a[i], a[n] = a[n], a[i] end return out end
local p = perms({ "a", "b", "c", "d" }, 4, {}) table.sort(p) print(#p, p[1], p[24])
local Y = function(f) return (function(x) return x(x) end)(function(x) return f(function(...) return x(x)(...) end) end) end
print(Y(function(self) return function(n) return n == 0 and 1 or n * self(n - 1) end end)(6))
local list for i = 1000, 1, -1 do list = { v = i, next = list } end
local function len(l) return l and 1 + len(l.next) or 0 end print(len(list))
local function map(f, l) return l and { v = f(l.v), next = map(f, l.next) } end
local m = map(function(x) return x * x end, list) print(m.v, m.next.v, m.next.next.v)
local function flatten(t, out) for _, v in ipairs(t) do if type(v) == "table" then flatten(v, out) else out[#out + 1] = v end end return out end
print(table.concat(flatten({ 1, { 2, { 3, { 4 }, 5 } }, { { 6 } } }, {}), " "))
local memo = setmetatable({}, { __mode = "k" }) local function mf(n) if n < 3 then return 1 end memo[n] = memo[n] or mf(n - 1) + mf(n - 2) return memo[n] end print(mf(70))
--> 5000
--> 6765
--> 15
--> 1023
--> 502
--> 24	abcd	dcba
--> 720
--> 1000
--> 1	4	9
--> 1 2 3 4 5 6
--> 1.9039249070914e+14

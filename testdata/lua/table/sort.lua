-- table.sort: orders, comparators, stability not assumed, errors.
local function sorted(t, f) table.sort(t, f) return table.concat(t, " ") end print(sorted { 3, 1, 2 }) print(sorted {}) print(sorted { 1 }) print(sorted { 2, 1 }) print(sorted { "b", "a", "C", "B" }) print(sorted({ 3, 1, 2 }, function(a, b) return a > b end)) print(sorted { 5, 5, 5, 1, 1, 9, 9, 3 }) print(sorted { 3.5, -1, 0, 1e10, -1e10, 1 / 0, -1 / 0 })
local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end table.sort(t) local ok = true for i = 2, 100 do ok = ok and t[i - 1] <= t[i] end print(ok) for _, n in ipairs { 3, 4, 5, 10, 17, 100, 500 } do local a, b = {}, {} local x = n for i = 1, n do x = (x * 1103515245 + 12345) % 2 ^ 31 a[i] = x % 50 b[i] = a[i] end table.sort(a) table.sort(b, function(p, q) return p > q end) for i = 2, n do assert(a[i - 1] <= a[i] and b[i - 1] >= b[i]) end end for _, kind in ipairs { "asc", "desc", "same", "organ" } do local a = {} for i = 1, 200 do a[i] = kind == "asc" and i or kind == "desc" and 200 - i or kind == "same" and 7 or math.min(i, 200 - i) end table.sort(a) for i = 2, 200 do assert(a[i - 1] <= a[i]) end end print "sorted"
print(pcall(table.sort, { 1, "x" })) print(pcall(table.sort, { {}, {} })) print(pcall(table.sort, { 3, 2, 1 }, function() error("cmp", 0) end)) print(pcall(table.sort, { 1, 2 }, 5)) print(pcall(table.sort)) print(pcall(table.sort, { 1, 2 }, nil)) print(pcall(table.sort, { true, false }))
print(pcall(table.sort, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, function() return true end)) print(pcall(table.sort, { 1, 2, 3 }, function(a, b) return true end)) local nanok = pcall(table.sort, { 3, 0 / 0, 1, 2 }) print(nanok) local words = {} for w in ("the quick brown fox jumps over the lazy dog"):gmatch "%a+" do words[#words + 1] = w end print(sorted(words)) print(sorted(words, function(a, b) if #a ~= #b then return #a < #b end return a < b end))
local recs = { { n = "b", v = 2 }, { n = "a", v = 2 }, { n = "c", v = 1 } } table.sort(recs, function(x, y) return x.v < y.v or x.v == y.v and x.n < y.n end) for _, r in ipairs(recs) do io.write(r.n, r.v, " ") end print() local mt = { __lt = function(a, b) return a.k < b.k end } local objs = {} for i, k in ipairs { 3, 1, 2 } do objs[i] = setmetatable({ k = k }, mt) end table.sort(objs) print(objs[1].k, objs[2].k, objs[3].k) local calls = 0 table.sort({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(a, b) calls = calls + 1 return a < b end) print(calls) print(select("#", table.sort { 2, 1 })) print(sorted({ 3, 1, 2, n = "kept" }, function(a, b) return a < b and 1 or nil end))
--> 1 2 3
-->
--> 1
--> 1 2
--> B C a b
--> 3 2 1
--> 1 1 3 5 5 5 9 9
--> -inf -10000000000 -1 0 3.5 10000000000 inf
--> true
--> sorted
--> false	attempt to compare string with number
--> false	attempt to compare two table values
--> false	cmp
--> false	bad argument #2 to '?' (function expected, got number)
--> false	bad argument #1 to '?' (table expected, got no value)
--> true
--> false	attempt to compare two boolean values
--> false	invalid order function for sorting
--> true
--> true
--> brown dog fox jumps lazy over quick the the
--> dog fox the the lazy over brown jumps quick
--> c1 a2 b2 
--> 1	2	3
--> 20
--> 0
--> 1 2 3

-- Table constructors: positional, named, computed, mixed, multi-results.
local t = { 1, 2, x = "a", 3, ["y z"] = "b", [10] = "ten"; 4 }
print(#t, t[1], t[4], t.x, t["y z"], t[10])
local function f() return "p", "q", "r" end
t = { f() } print(#t)
t = { f(), f() } print(#t, t[1], t[2], t[4])
t = { (f()) } print(#t)
t = { f(), nil } print(#t)
t = { f(), x = 1 } print(#t)
t = { x = 1, f() } print(#t)
t = { [1] = "over", "written" } print(t[1])
t = { "first", [1] = "second" } print(t[1])
t = { a = 1, a = 2 } print(t.a)
t = { nil, nil, 3 } print(t[1], t[3])
t = { {}, { {} }, { 1, { 2, { 3 } } } } print(#t, #t[1], #t[2], t[3][2][2][1])
local function v(...) return { ... }, { n = select("#", ...), ... }, { ..., "end" } end
local a, b, c = v(1, nil, 3)
print(a[1], a[3], b.n, b[3], #c, c[1], c[2])
a, b, c = v()
print(#a, b.n, #c)
t = { [1.5] = "f", [-1] = "neg", [true] = "bool", [print] = "func", [2 ^ 53] = "big" }
print(t[1.5], t[-1], t[true], t[print], t[9007199254740992])
print(pcall(function() return { [nil] = 1 } end))
print(pcall(function() return { [0 / 0] = 1 } end))
local big = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, f() }
print(#big, big[50], big[61])
-- Each evaluation makes a new table.
local made = {}
for i = 1, 3 do made[i] = { 1, 2, k = {} } end
print(made[1] ~= made[2], made[1].k ~= made[2].k)
made[1][1] = 100 print(made[2][1])
--> 4	1	4	a	b	ten
--> 3
--> 4	p	p	r
--> 1
--> 1
--> 1
--> 3
--> written
--> second
--> 2
--> nil	3
--> 3	0	1	3
--> 1	3	3	3	2	1	end
--> 0	0	2
--> f	neg	bool	func	big
--> false	constructors.lua:23: table index is nil
--> false	constructors.lua:24: table index is NaN
--> 61	50	r
--> true	true
--> 1

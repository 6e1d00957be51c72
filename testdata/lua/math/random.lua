-- math.random: the sequence for a seed, ranges, reseeding.
-- modes: -gc-stress
-- The generator is LuaJIT's Tausworthe combination: its values for a seed are fixed.
math.randomseed(42) for i = 1, 5 do io.write(("%.14f "):format(math.random())) end print() math.randomseed(42) for i = 1, 10 do io.write(math.random(100), " ") end print() math.randomseed(42) for i = 1, 10 do io.write(math.random(-5, 5), " ") end print()
math.randomseed(0) print(math.random(1e9), math.random(2 ^ 31), math.random(1, 2 ^ 40)) math.randomseed(1.5) print(math.random(1e6), math.random()) math.randomseed(-1) print(math.random(1e6)) math.randomseed("7") print(math.random(1e6)) math.randomseed(7) print(math.random(1e6)) math.randomseed(1e300) print(math.random(1e6)) math.randomseed(1 / 0) print(math.random(1e6))
math.randomseed(123) local lo, hi, sum = 1, 0, 0 for i = 1, 10000 do local r = math.random() assert(r >= 0 and r < 1) lo, hi, sum = math.min(lo, r), math.max(hi, r), sum + r end print(lo < 0.001, hi > 0.999, math.abs(sum / 10000 - 0.5) < 0.02) local counts = {} for i = 1, 6000 do local d = math.random(6) counts[d] = (counts[d] or 0) + 1 end print(unpack(counts)) for i = 1, 100 do local v = math.random(3, 3) assert(v == 3) end print(math.random(1), math.random(5, 5)) print(pcall(math.random, "x")) print(pcall(math.random, 1, {})) print(pcall(math.random, 1, 2, 3)) print(pcall(math.randomseed)) print(pcall(math.randomseed, {})) print(select("#", math.randomseed(1)))
--> 0.95607928791821 0.00895572178593 0.53860053951484 0.43411331710630 0.71972511077591 
--> 96 1 54 44 72 82 7 20 53 69 
--> 5 -5 0 -1 2 3 -5 -3 0 2 
--> 794206293	1500774243	648825925625
--> 738485	0.55245562095836
--> 304394
--> 263872
--> 263872
--> 361248
--> 985413
--> true	true	true
--> 1002	1016	1029	1028	935	990
--> 1	5
--> false	bad argument #1 to '?' (number expected, got string)
--> false	bad argument #2 to '?' (number expected, got table)
--> true	1
--> false	bad argument #1 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (number expected, got table)
--> 0

-- Local variables that count as whole numbers in loops, and what ends that: halves, -0, sizes that are no integers', NaN.
local function line(...) local out = {} for i = 1, select("#", ...) do local v = select(i, ...) out[i] = type(v) == "number" and (v == 0 and 1 / v < 0 and "-0" or ("%.17g"):format(v)) or tostring(v) end print(table.concat(out, " ")) end
local t = {} for i = -3, 400 do t[i] = i % 7 end

-- Up and down until a value is found: inner loops of a sort.
local function find(a, i, j, up, down) while a[i] < up do i = i + 1 end while a[j] > down do j = j - 1 end return i, j end
for n = 1, 60 do local i, j = find(t, n % 5, 300 + n % 5, 6, 0) if n % 20 == 0 then line(i, j) end end

-- Two variables that meet, swapping: ways round by several branches.
local function meet(a, i, j) local swaps, equal = 0, 0 while i <= j do if a[i] == a[j] then equal = equal + 1 elseif a[i] > a[j] then a[i], a[j] = a[j], a[i] swaps = swaps + 1 end i, j = i + 1, j - 1 end return i, j, swaps, equal end
for n = 1, 5 do local a = {} for i = 1, 301 do a[i] = i * n % 11 end line(meet(a, 1, 301)) end

-- Steps that change: whole, half, whole again.
local function walk(n, step) local x, sum = 1, 0 for k = 1, n do if k == 70 then x = x + step end local v = t[x] sum = sum + (v or 100) x = x + 1 if x > 200 then x = x - 190 end end return x, sum end
for _, step in ipairs { 1, 0.5, -3, 0, 1e10, -0.0, 2^31, 2^53, 0/0, 1/0, -1/0 } do line(step, walk(150, step)) end

-- -0 as an index, kept, returned, subtracted from.
local function zero(z, n) local x, sum = z, 0 for k = 1, n do sum = sum + t[x] x = x - 0 end return x, 1 / x, sum end
for n = 1, 4 do line(zero(0, 100)) line(zero(-0.0, 100)) end
local function down(z, n) local x = z while true do local v = t[x] if n == 0 then return x, 1 / x, v end n = n - 1 if x > 0 then x = x - 1 end end end
for n = 1, 4 do line(down(90, 50)) line(down(90, 95)) line(down(-0.0, 95)) end
local function products(z, n) local x, s = z, 0 for k = 1, n do s = s + t[x * 2] x = x * 1 end return 1 / x, s end
line(products(0, 90)) line(products(-0.0, 90)) line(products(-1, 90)) line(products(0.5, 90))

-- Sizes: over 32 bits, over 40, over what doubles have.
local function grow(x, by, n) local hits = 0 for k = 1, n do if t[x] then hits = hits + 1 end x = x + by end return x, hits end
line(grow(1, 1, 1000)) line(grow(2^31 - 50, 1, 100)) line(grow(2^40 - 50, 1, 100)) line(grow(2^53 - 50, 1, 100)) line(grow(-2^31 + 50, -1, 100)) line(grow(1, 2^30, 100)) line(grow(1, 2^45, 200)) line(grow(1, 2^52, 100))
local function indexed(a, i, by, n) local s = 0 while n > 0 do s = s + (a[i % 300] or 0) i = i + by n = n - 1 end return i, s end
line(indexed(t, 1, 1, 500)) line(indexed(t, 2^31 - 100, 7, 300)) line(indexed(t, -5, -3, 300)) line(indexed(t, 2^52, 1, 300)) line(indexed(t, 0.5, 1, 300)) line(indexed(t, -0.0, 0, 300)) line(indexed(t, 1/0, 1, 100))

-- Remainders and products of whole numbers: a generator.
local function generate(seed, n) local a, x = {}, seed for k = 1, n do x = x * 16807 % 2147483647 a[x % 100] = (a[x % 100] or 0) + 1 end local m = 0 for i = 0, 99 do m = math.max(m, a[i] or 0) end return x, m end
line(generate(42, 5000)) line(generate(42.5, 200)) line(generate(-7, 500)) line(generate(-0.0, 100)) line(generate(2^45, 500))

-- Remainders and quotients by constants, as an index and as a value.
local function split(i, n, a) local q, r, s = 0, 0, 0 for k = 1, n do local v = a[i] q, r, s = math.floor(i / 10), i % 10, s + (a[i % 16] or 0) + (a[math.floor(i / 7)] or 0) + (v or 0) i = i - 1 end return q, r, s, i end
line(split(300, 303, t)) line(split(300.5, 303, t)) line(split(60, 120, t)) line(split(-0.0, 10, t)) line(split(2^52, 100, t)) line(split(2^31 + 50, 100, t)) line(split(0/0, 80, t))
local function minus(i, n) local z = 0 for k = 1, n do if t[i] then z = i * -2 % 8 + z * 0 end i = i - 1 end return z, 1 / (i % 1), 1 / (i * -1) end
line(minus(90, 90)) line(minus(90, 93)) line(minus(64.0, 64)) line(minus(0.5, 90))

-- Comparisons with what is not whole, and equalities.
local function compare(i, limit) local n = 0 while i < limit do local v = t[i] if i == 10.5 or i ~= i then n = n + 1000 end if i >= 20.5 then n = n + 1 end if v then n = n + 1 end i = i + 1 end return i, n end
line(compare(1, 100.5)) line(compare(1, 150)) line(compare(-2, 2.5)) line(compare(1, 0/0)) line(compare(1, -1/0)) line(compare(0.5, 60))

-- An error, a hook's place and a coroutine see the doubles.
local function fails(a, i) while true do if a[i] == nil then error { i } end i = i + 1 end end
for n = 1, 3 do local ok, e = pcall(fails, t, 1) line(ok, e[1], 1 / e[1]) end
local co = coroutine.wrap(function() local i = -3 while true do if t[i] == 6 then coroutine.yield(i) end i = i + 1 if i > 390 then i = -3 end end end)
local sum = 0 for n = 1, 200 do sum = sum + co() end line(sum)
local up = 0 local function bump() up = up + 1 return t[up % 400] end
local total = 0 for n = 1, 500 do total = total + bump() end line(total, up)
--> 6 294
--> 6 294
--> 6 294
--> 152 150 68 14
--> 152 150 68 14
--> 152 150 69 14
--> 152 150 69 14
--> 152 150 70 14
--> 1 152 451
--> 0.5 151.5 8310
--> -3 148 456
--> 0 151 447
--> 10000000000 9999984761 8310
--> -0 151 447
--> 2147483648 2147468409 8310
--> 9007199254740992 9007199254725754 8310
--> nan nan 8310
--> inf inf 8310
--> -inf -inf 8310
--> 0 inf 0
--> -0 -inf 0
--> 0 inf 0
--> -0 -inf 0
--> 0 inf 0
--> -0 -inf 0
--> 0 inf 0
--> -0 -inf 0
--> 40 0.025000000000000001 5
--> 0 inf 0
--> -0 -inf 0
--> 40 0.025000000000000001 5
--> 0 inf 0
--> -0 -inf 0
--> 40 0.025000000000000001 5
--> 0 inf 0
--> -0 -inf 0
--> 40 0.025000000000000001 5
--> 0 inf 0
--> -0 -inf 0
--> inf 0
--> -inf 0
--> -1 450
--> 2 90
--> 1001 400
--> 2147483698 0
--> 1099511627826 0
--> 9007199254740992 0
--> -2147483698 0
--> 107374182401 1
--> 7036874417766401 1
--> 4.503599627370496e+17 1
--> 501 1495
--> 2147485648 897
--> -905 897
--> 4503599627370796 897
--> 300.5 0
--> 0 0
--> inf 0
--> 1984674994 72
--> 1180340638.5 0
--> 926953928 10
--> 0 100
--> 1197304260 11
--> -1 8 2619 -3
--> -1 8.5 894 -2.5
--> -6 1 777 -60
--> -1 1 89 -10
--> 450359962737039 7 265 4503599627370396
--> 214748359 9 262 2147483598
--> nan nan 0 nan
--> 6 inf -inf
--> 4 inf 0.33333333333333331
--> 6 inf -inf
--> 0 2 0.0111731843575419
--> 101 180
--> 150 278
--> 3 5
--> 1 0
--> 1 0
--> 60.5 1040
--> false 401 0.0024937655860349127
--> false 401 0.0024937655860349127
--> false 401 0.0024937655860349127
--> 35612
--> 1494 500

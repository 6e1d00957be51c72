local up = unpack or table.unpack
local t = { [2147483647] = "max" } local ok = true
for _ = 1, 100 do ok = ok and up(t, 2147483647, 2147483647) == "max" end
local bad = 0
for i = 1, 400 do local a, b = up({i, 0} or {0, 0}); if a ~= i or b ~= 0 then bad = bad + 1 end end
for i = 1, 200 do local a, b, c = up(i % 3 == 0 and {1} or {1, 2}); if a ~= 1 or c ~= nil then bad = bad + 1 end end
print(ok, bad, pcall(up, {}, 0, 2^31 - 1) == false)
--> true	0	true

-- value changes type between iterations of a hot loop (luna 4.0.1-class bug)
local function run(n) local v, out = 0, {} for i = 1, n do
  if i % 7 == 0 then v = "s" .. i elseif i % 5 == 0 then v = nil elseif i % 3 == 0 then v = {i} else v = i end
  out[#out + 1] = type(v):sub(1,1) end return table.concat(out) end
local a, b = run(300), run(300) print(a == b, #a, a:sub(1, 21))
--> true	300	nntnntsntnntnsnnntnns

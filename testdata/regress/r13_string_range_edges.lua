local s, y, z = "xxx"
for _ = 1, 100 do y = s:byte(0x7FFFFFFF, -0x7FFFFFFF); z = s:sub(0x7FFFFFFF, -0x7FFFFFFF) end
print(y, z == "")
local bad = 0 local d = "123456789"
local function ref(i, j) local n = #d; if i < 0 then i = math.max(n + i + 1, 1) elseif i == 0 then i = 1 end
  if j < 0 then j = n + j + 1 elseif j > n then j = n end
  local o = {} for k = i, j do o[#o + 1] = string.char(d:byte(k)) end return table.concat(o) end
local seed = 7
for _ = 1, 3000 do seed = (seed * 1103515245 + 12345) % 2147483648
  local i = seed % 41 - 20; seed = (seed * 1103515245 + 12345) % 2147483648; local j = seed % 41 - 20
  if d:sub(i, j) ~= ref(i, j) then bad = bad + 1 end end
print(bad)
--> nil	true
--> 0

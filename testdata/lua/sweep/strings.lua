-- Random string operations checked against definitions by bytes.
-- modes: -gc-stress
math.randomseed(11)
local function rnd(n) local t = {} for i = 1, math.random(0, n) do t[i] = string.char(math.random(4) == 1 and math.random(0, 255) or math.random(97, 100)) end return table.concat(t) end
local function bytes(s) local t = {} for i = 1, #s do t[i] = s:byte(i) end return t end
local function slice(b, i, j) local n = #b if i < 0 then i = n + i + 1 end if j < 0 then j = n + j + 1 end if i < 1 then i = 1 end if j > n then j = n end local o = {} for k = i, j do o[#o + 1] = string.char(b[k]) end return table.concat(o) end
for round = 1, 2000 do
  local s, u = rnd(20), rnd(3) local b = bytes(s) local i, j = math.random(-25, 25), math.random(-25, 25)
  assert(s:sub(i, j) == slice(b, i, j))
  local r = {} for k = #b, 1, -1 do r[#r + 1] = string.char(b[k]) end assert(s:reverse() == table.concat(r))
  local at for k = 1, #s - #u + 1 do if s:sub(k, k + #u - 1) == u then at = k break end end assert(s:find(u, 1, true) == at)
  local n = math.random(0, 4) local parts = {} for k = 1, n do parts[k] = s end assert(s:rep(n, u) == table.concat(parts, u))
  assert((s .. u) .. s == s .. (u .. s) and #(s .. u) == #s + #u)
  local less = false for k = 1, math.max(#s, #u) do local x, y = s:byte(k) or -1, u:byte(k) or -1 if x ~= y then less = x < y break end end assert((s < u) == less and (u > s) == less and (s <= u) == (less or s == u))
  assert(s:lower():upper() == s:upper() and #s:lower() == #s)
  assert(loadstring("return " .. ("%q"):format(s))() == s)
  assert(({ [s] = 1 })[table.concat({ s:sub(1, 5), s:sub(6) })] == 1)
  local c = {} for ch in s:gmatch "." do c[#c + 1] = ch end assert(table.concat(c) == s and s:gsub(".", "%0") == s and select(2, s:gsub(".", "")) == #s)
end
print "as defined"
--> as defined

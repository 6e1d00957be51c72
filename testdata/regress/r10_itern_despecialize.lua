-- pairs() loop that gets despecialised / blacklisted must never drop elements
local base = {1,2,3,4,5}
local tab = {a=base,b=base,c=base,d=base,e=base}
local function f(...) for _ = 1, 10 do end end
local bad = 0
for _ = 1, 4000 do f()
  local c, s = 0, 0
  for _, v in pairs(tab) do for _, x in pairs(v) do s = s + x end c = c + 1 end
  if c ~= 5 or s ~= 75 then bad = bad + 1 end
end
print(bad)
--> 0

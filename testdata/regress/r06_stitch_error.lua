-- not-compiled builtin inside a hot loop which sometimes raises
local modf, acc, errs = math.modf, 0, 0
for i = 1, 200 do
  local ok = pcall(function() acc = acc + modf(i % 50 == 0 and {} or i) end)
  if not ok then errs = errs + 1 end
end
print(acc, errs)
--> 19600	4

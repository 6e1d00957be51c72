-- A side trace that begins with a comparison and needs more stack than there is: it left at once, and on the branch it had not compared.
local names = {}
for i = 1, 190 do names[i] = "v" .. i end
local big = assert(loadstring("local x = ... local " .. table.concat(names, ",") .. " = x return v1 + 1"))
local function work(n)
  local s = 0
  for i = 1, n do
    local y = i % 5
    if i % 2 == 1 then s = s + 1
    elseif y < 4 then s = s + big(y)
    else s = s + 100 end
  end
  return s
end
-- Compiled where the stack has room, then run where it has not.
local there = work(500)
for _ = 1, 3 do print(there, coroutine.wrap(work)(500)) end
--> 5750	5750
--> 5750	5750
--> 5750	5750

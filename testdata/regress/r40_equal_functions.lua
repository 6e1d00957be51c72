-- Functions with equal contents in functions that differ: a trace that makes one of them makes that one, with its lines.
local function first(c) return function(d) c = c + d return c end end

local function second(c) c = c * 2 return function(d) c = c + d return c end end

local function third(c) c = c * 3 return function(d) c = c + d return c end end

local function run(make, n)
  local seen, list, sum = {}, {}, 0
  for i = 1, n do
    local f = make(i)
    sum = sum + f(1)
    if i % 7 == 0 then list[#list + 1] = f end
  end
  for _, f in ipairs(list) do
    local line = debug.getinfo(f, "S").linedefined
    seen[line] = (seen[line] or 0) + 1
  end
  for line, n in pairs(seen) do print(line, n, sum) end
end

local list, sum = {}, 0
for i = 1, 300 do
  local f = second(i)
  sum = sum + f(1)
  if i % 7 == 0 then list[#list + 1] = f end
end
print(debug.getinfo(list[1], "S").linedefined, debug.getinfo(list[#list], "S").linedefined, sum)
run(third, 300)
run(first, 300)
run(second, 30)
--> 4	4	90600
--> 6	42	135750
--> 2	42	45450
--> 4	4	960

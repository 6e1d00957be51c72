-- bench: group=strings small=45 tiny=3
-- Lua patterns over a text: gsub with string, table and function, gmatch with captures, find, match, balanced, frontier.
local rounds = tonumber(arg[1]) or 450

local lines = {}
for i = 1, 200 do
  lines[i] = string.format("2024-%02d-%02d  user%d@example.com  key_%d = value%d  (nested (%d) here) \"quoted %d\"  THE (quick) fox %d.%d   ",
    i % 12 + 1, i % 28 + 1, i, i, i * 3, i, i, i, i % 10)
end
local text = table.concat(lines, "\n")

local names = { user1 = "Ada", user2 = "Grace", quick = "slow", fox = "snail" }

local sum = 0
for round = 1, rounds do
  local replaced, count = text:gsub("%w+@%w+%.com", "<%0>")
  sum = sum + count + #replaced

  local swapped
  swapped, count = text:gsub("(%w+) = (%w+)", "%2 = %1")
  sum = sum + count + #swapped

  local named = text:gsub("%a%w*", names)
  sum = sum + #named

  local doubled = text:gsub("%d+", function(d)
    if #d < 4 then return d * 2 .. "" end
  end)
  sum = sum + #doubled:match("[^\n]*")

  for year, month, day in text:gmatch("(%d+)-(%d+)-(%d+)") do
    sum = sum + year % 7 + month + day
  end
  for word in text:gmatch("%f[%a]%u+%f[%A]") do sum = sum + #word end

  local position = 1
  while true do
    local from, to, inner = text:find('"([^"]*)"', position)
    if not from then break end
    sum = sum + #inner + to - from
    position = to + 1
  end
  local _, balanced = text:gsub("%b()", "")
  sum = sum + balanced

  for line in text:gmatch("[^\n]+") do
    local trimmed = line:match("^%s*(.-)%s*$")
    sum = sum + #trimmed
    if line:find("key_" .. round, 1, true) then sum = sum + 1 end
  end
  sum = sum % 1000003
end
local result = string.format("%d", sum)

local expected = { [450] = "614363", [45] = "361725", [3] = "290894" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- bench: group=strings small=50 tiny=16
-- Edit distance, longest common subsequence and a diff of generated texts: byte arrays and rows of numbers.
local rounds = tonumber(arg[1]) or 500

local function distance(a, b)
  local previous, current = {}, {}
  for j = 0, #b do previous[j] = j end
  for i = 1, #a do
    current[0] = i
    local c = a:byte(i)
    for j = 1, #b do
      local cost = c == b:byte(j) and 0 or 1
      current[j] = math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
    end
    previous, current = current, previous
  end
  return previous[#b]
end

local function common(a, b)
  local lengths = {}
  for i = 0, #a do
    lengths[i] = {}
    for j = 0, #b do
      if i == 0 or j == 0 then
        lengths[i][j] = 0
      elseif a[i] == b[j] then
        lengths[i][j] = lengths[i - 1][j - 1] + 1
      else
        lengths[i][j] = math.max(lengths[i - 1][j], lengths[i][j - 1])
      end
    end
  end
  return lengths
end

local function diff(a, b)
  local lengths, out = common(a, b), {}
  local i, j = #a, #b
  while i > 0 or j > 0 do
    if i > 0 and j > 0 and a[i] == b[j] then
      out[#out + 1] = "  " .. a[i]
      i, j = i - 1, j - 1
    elseif j > 0 and (i == 0 or lengths[i][j - 1] >= lengths[i - 1][j]) then
      out[#out + 1] = "+ " .. b[j]
      j = j - 1
    else
      out[#out + 1] = "- " .. a[i]
      i = i - 1
    end
  end
  return out
end

assert(distance("kitten", "sitting") == 3)

local words = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta" }
local function lines(start)
  local out = {}
  for i = 1, 60 do out[i] = words[(i * start + i % 7) % #words + 1] .. " " .. words[(i + start) % #words + 1] end
  return out
end

local sum = 0
for round = 1, rounds do
  local a, b = lines(round), lines(round + 3)
  sum = sum + distance(table.concat(a, "\n", 1, 20), table.concat(b, "\n", 5, 24))
  local changes = 0
  for _, line in ipairs(diff(a, b)) do
    if line:sub(1, 1) ~= " " then changes = changes + 1 end
  end
  sum = (sum + changes) % 1000003
end
local result = string.format("%d", sum)

local expected = { [500] = "90558", [50] = "9045", [16] = "2898" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

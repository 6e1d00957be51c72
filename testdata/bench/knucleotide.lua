-- bench: group=strings small=300000 tiny=19000
-- Counting all substrings of several lengths in a generated DNA sequence.
local n = tonumber(arg[1]) or 4000000

local seed = 42
local bases, pieces = { "a", "c", "g", "t" }, {}
local limits = { 0.30, 0.50, 0.70, 1 }
for i = 1, n do
  seed = (seed * 3877 + 29573) % 139968
  local r = seed / 139968
  for k = 1, 4 do
    if r < limits[k] then
      pieces[i] = bases[k]
      break
    end
  end
end
local sequence = table.concat(pieces):upper()

local function count(length)
  local counts = {}
  for i = 1, #sequence - length + 1 do
    local key = sequence:sub(i, i + length - 1)
    counts[key] = (counts[key] or 0) + 1
  end
  return counts
end

local lines = {}
for length = 1, 2 do
  local counts, keys = count(length), {}
  for k in pairs(counts) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b)
    return counts[a] > counts[b] or counts[a] == counts[b] and a < b
  end)
  for i = 1, 4 do
    lines[#lines + 1] = string.format("%s %.3f", keys[i], counts[keys[i]] * 100 / (#sequence - length + 1))
  end
end
for _, pattern in ipairs({ "GGT", "GGTA", "GGTATT", "GGTATTTTAATT" }) do
  local counts, different = count(#pattern), 0
  for _ in pairs(counts) do different = different + 1 end
  lines[#lines + 1] = string.format("%d/%d", counts[pattern] or 0, different)
end
local result = table.concat(lines, " ")

local expected = { [4000000] = "A 29.999 T 29.997 G 20.002 C 20.002 AA 9.002 TA 8.999 TT 8.998 AT 8.996 48129/64 14547/256 1453/4096 29/138137", [300000] = "T 30.035 A 29.965 G 20.035 C 19.964 TT 9.012 AT 9.003 TA 9.003 AA 8.977 3636/64 1108/256 107/4096 2/138137", [19000] = "T 30.537 A 29.426 G 20.611 C 19.426 TT 9.190 TA 9.048 AT 9.037 AA 8.574 250/64 85/256 5/3916 0/18917" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

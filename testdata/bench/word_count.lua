-- bench: group=strings small=75 tiny=3
-- Word frequencies of a generated text: lower, gmatch, counting, sorting, a report.
local rounds = tonumber(arg[1]) or 750

local syllables = { "ba", "Ko", "li", "mu", "Tre", "sen", "dor", "fa", "Gi", "nul", "ost", "pra" }
local seed = 77
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit + 1
end

local function word()
  local out = {}
  for i = 1, random(3) do out[i] = syllables[random(#syllables)] end
  return table.concat(out)
end

local words = {}
for i = 1, 6000 do
  words[i] = word() .. (i % 12 == 0 and ".\n" or i % 7 == 0 and ", " or " ")
end
local text = table.concat(words)

local report
for _ = 1, rounds do
  local counts, order = {}, {}
  local total = 0
  for line in text:gmatch("([^\n]*)\n") do
    for w in line:gmatch("%a+") do
      w = w:lower()
      if not counts[w] then
        counts[w] = 0
        order[#order + 1] = w
      end
      counts[w] = counts[w] + 1
      total = total + 1
    end
  end
  table.sort(order, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  local lines = {}
  for i = 1, 10 do
    lines[i] = ("%-8s %4d %5.2f%%"):format(order[i], counts[order[i]], counts[order[i]] * 100 / total)
  end
  report = table.concat(lines, "\n") .. "\n" .. #order .. " different words of " .. total
end
local result = string.format("%d %s", #report, report:match("%d+ different.*"))

local expected = { [750] = "238 1350 different words of 6000", [75] = "238 1350 different words of 6000", [3] = "238 1350 different words of 6000" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

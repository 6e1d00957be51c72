-- bench: group=allocation small=120000 tiny=8000
-- Table constructors of all kinds: templates, records with computed fields, lists, nested and from calls.
local n = tonumber(arg[1]) or 1250000

local function three(i) return i, i + 1, i + 2 end

local kept = {}
local sum = 0
for i = 1, n do
  local options = { color = "red", width = 3, visible = true, tags = { "a", "b" } }
  local record = { id = i, name = "item", size = i % 10, parent = options, "first", "second", three(i) }
  local point = { i, i + 1 }
  local lookup = { [i] = true, ["x" .. i % 50] = i, [point] = 1 }
  local empty = {}
  empty.value = i
  empty[1] = point
  if i % 3 == 0 then options.visible = false end
  if options.visible then sum = sum + options.width + #record end
  if lookup[i] and lookup[point] == 1 then sum = sum + record[5] % 7 end
  record.name = nil
  kept[i % 1000 + 1] = record
  sum = sum + empty[1][2] % 3 + #options.tags
end
for _, record in ipairs(kept) do sum = sum + record.size end
local result = string.format("%d", sum)

local expected = { [1250000] = "14171175", [120000] = "1364501", [8000] = "95173" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

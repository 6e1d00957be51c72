-- bench: group=calls small=150000 tiny=9000
-- Protected calls: most succeed, some throw strings, tables or run into type errors.
local n = tonumber(arg[1]) or 1500000

local Failure = {}
Failure.__index = Failure
Failure.__tostring = function(f) return "failure " .. f.code end

local function check(i)
  if i % 11 == 0 then error(setmetatable({ code = i % 100 }, Failure)) end
  if i % 13 == 0 then error("plain " .. i % 10, 0) end
  if i % 17 == 0 then
    local missing = nil
    return missing.field
  end
  return i % 5, i % 7
end

local function nested(i, depth)
  if depth == 0 then return check(i) end
  local ok, a, b = pcall(nested, i, depth - 1)
  if not ok then error(a, 0) end
  return a, b
end

local function handler(e)
  if type(e) == "table" then return e end
  return { code = -1, message = tostring(e) }
end

local good, bad, sum = 0, 0, 0
for i = 1, n do
  local ok, a, b = pcall(check, i)
  if ok then
    good, sum = good + 1, sum + a + b
  else
    bad = bad + 1
    if type(a) == "table" then sum = sum + #tostring(a) end
  end
  local fine, value = xpcall(function() return (check(i + 1)) end, handler)
  if fine then sum = sum + value else sum = sum + value.code end
  if i % 8 == 0 then
    local kept, first = pcall(nested, i, 4)
    if kept then sum = sum + first end
  end
end
local result = string.format("%d %d %d", good, bad, sum)

local expected = { [1500000] = "1184698 315302 16510239", [150000] = "118470 31530 1651144", [9000] = "7108 1892 99136" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

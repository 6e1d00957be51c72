-- bench: group=strings small=80000 tiny=5500
-- string.format of all common kinds, tostring and tonumber.
local n = tonumber(arg[1]) or 800000

local format = string.format

local sum = 0
for i = 1, n do
  local x = i * 0.37 - 100.003
  local line = format("%5d|%-8s|%08.3f|%x|%g", i, "ab" .. i % 10, x, i, x)
  sum = sum + #line
  sum = sum + #format("%s: %s, %s", i % 3, tostring(i % 2 == 0), tostring(nil))
  sum = sum + #format("%q", "say \"" .. i .. "\"\n")
  sum = sum + #format("%c%c %5.1f%% %+d %e", 65 + i % 26, 97, i % 1000 / 10, i % 9 - 4, x)
  local text = tostring(x)
  local back = tonumber(text)
  assert(math.abs(back - x) < 1e-9 * n)
  sum = sum + #text + tonumber("0x" .. format("%X", i % 4096)) + tonumber("  " .. i % 100 .. "  ") + tonumber("z", 36)
  sum = sum % 1000003
end
local result = format("%d", sum)

local expected = { [800000] = "732639", [80000] = "440289", [5500] = "364724" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

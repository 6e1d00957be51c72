-- bench: group=strings small=220000 tiny=20000
-- Building strings: short concatenations, long chains of .., pieces joined by table.concat, rep, reverse, upper.
local n = tonumber(arg[1]) or 2200000

local sum = 0
local rows = {}
for i = 1, n do
  local key = "row" .. i
  local line = "<tr id='" .. key .. "'><td>" .. i .. "</td><td>" .. i * 2 .. "</td><td class='" .. (i % 2 == 0 and "even" or "odd") .. "'>" .. key .. "</td></tr>"
  rows[#rows + 1] = line
  sum = sum + #line
  if #rows == 500 then
    local page = "<table>\n" .. table.concat(rows, "\n") .. "\n</table>"
    sum = sum + #page
    rows = {}
  end
  if i % 50 == 0 then
    local text = ""
    for k = 1, 40 do text = text .. string.char(97 + (i + k) % 26) end
    sum = sum + #(text:upper():reverse() .. ("-"):rep(20)) + text:byte(i % 40 + 1)
    if text == "abc" or text < "b" then sum = sum + 1 end
  end
end
local result = string.format("%d", sum)

local expected = { [2200000] = "391372682", [220000] = "37377286", [20000] = "3230874" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

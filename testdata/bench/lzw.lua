-- bench: group=strings small=800000 tiny=125000
-- LZW compression and expansion of a generated text: a dictionary of growing strings.
local size = tonumber(arg[1]) or 8000000

local words = { "the ", "cat ", "sat ", "on ", "a ", "mat, ", "and ", "then ", "it ", "ran. ", "\n" }
local seed = 31
local pieces, length = {}, 0
while length < size do
  seed = (seed * 16807) % 2147483647
  local w = words[seed % #words + 1]
  pieces[#pieces + 1] = w
  length = length + #w
end
local text = table.concat(pieces):sub(1, size)

local function compress(s)
  local codes, used = {}, 256
  for i = 0, 255 do codes[string.char(i)] = i end
  local out, current = {}, ""
  for i = 1, #s do
    local c = s:sub(i, i)
    local longer = current .. c
    if codes[longer] then
      current = longer
    else
      out[#out + 1] = codes[current]
      if used < 4096 then
        codes[longer] = used
        used = used + 1
      end
      current = c
    end
  end
  if current ~= "" then out[#out + 1] = codes[current] end
  return out
end

local function expand(codes)
  local strings, used = {}, 256
  for i = 0, 255 do strings[i] = string.char(i) end
  local previous = strings[codes[1]]
  local out = { previous }
  for i = 2, #codes do
    local entry = strings[codes[i]] or previous .. previous:sub(1, 1)
    out[#out + 1] = entry
    if used < 4096 then
      strings[used] = previous .. entry:sub(1, 1)
      used = used + 1
    end
    previous = entry
  end
  return table.concat(out)
end

local codes = compress(text)
assert(expand(codes) == text, "the round trip changes the text")
local sum = 0
for i = 1, #codes do sum = (sum * 31 + codes[i]) % 1000003 end
local result = string.format("%d %d", #codes, sum)

local expected = { [8000000] = "1006539 66684", [800000] = "101308 394858", [125000] = "16414 165906" }
assert(result == (expected[size] or result), "wrong result: " .. result)
print(result)

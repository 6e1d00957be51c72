-- bench: group=strings small=80 tiny=9
-- Base64, run-length coding and reverse complement: byte, char, table lookups by character, gsub with a table.
local rounds = tonumber(arg[1]) or 800

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local to_char, to_value = {}, {}
for i = 1, 64 do
  local c = alphabet:sub(i, i)
  to_char[i - 1], to_value[c:byte()] = c, i - 1
end

local floor = math.floor

local function encode(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local v = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = to_char[floor(v / 262144)]
    out[#out + 1] = to_char[floor(v / 4096) % 64]
    out[#out + 1] = b and to_char[floor(v / 64) % 64] or "="
    out[#out + 1] = c and to_char[v % 64] or "="
  end
  return table.concat(out)
end

local function decode(s)
  local out = {}
  for i = 1, #s, 4 do
    local a, b, c, d = s:byte(i, i + 3)
    local v = to_value[a] * 262144 + to_value[b] * 4096 + (to_value[c] or 0) * 64 + (to_value[d] or 0)
    local x, y, z = floor(v / 65536), floor(v / 256) % 256, v % 256
    if not to_value[c] then
      out[#out + 1] = string.char(x)
    elseif not to_value[d] then
      out[#out + 1] = string.char(x, y)
    else
      out[#out + 1] = string.char(x, y, z)
    end
  end
  return table.concat(out)
end

local function squeeze(s)
  local out, i = {}, 1
  while i <= #s do
    local c, j = s:byte(i), i
    while s:byte(j + 1) == c do j = j + 1 end
    out[#out + 1] = (j - i + 1) .. string.char(c)
    i = j + 1
  end
  return table.concat(out)
end

local function expand(s)
  return (s:gsub("(%d+)(%D)", function(count, c) return c:rep(tonumber(count)) end))
end

local complement = { A = "T", C = "G", G = "C", T = "A", N = "N" }

local pieces, seed = {}, 9
for i = 1, 3000 do
  seed = (seed * 16807) % 2147483647
  local k = seed % 5 + 1
  pieces[i] = ("ACGTN"):sub(k, k):rep(seed % 3 + 1)
end
local dna = table.concat(pieces)

local sum = 0
for round = 1, rounds do
  local text = dna:sub(round % 100 + 1)
  local packed = encode(text)
  assert(decode(packed) == text, "base64 round trip")
  local short = squeeze(text)
  assert(expand(short) == text, "run-length round trip")
  local other = text:reverse():gsub(".", complement)
  sum = (sum + #packed + #short + other:byte(round % 50 + 1) * round) % 1000003
end
local result = string.format("%d", sum)

local expected = { [800] = "429597", [80] = "254187", [9] = "118474" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

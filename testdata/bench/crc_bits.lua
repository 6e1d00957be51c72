-- bench: group=numeric small=300000 tiny=500000
-- Shifts and masks: CRC-32 by table, population counts, xorshift random numbers, Morton codes.
local n = tonumber(arg[1]) or 3000000

local found, bit = pcall(require, "bit")
if not found then
  -- Lua 5.3 and later have operators instead.
  bit = assert(load([[
    local mask = 0xffffffff
    local function signed(a) a = a & mask return a < 0x80000000 and a or a - 0x100000000 end
    return {
      band = function(a, b) return signed(a & b) end,
      bor = function(a, b) return signed(a | b) end,
      bxor = function(a, b, c) return signed(a ~ b ~ (c or 0)) end,
      bnot = function(a) return signed(~a) end,
      lshift = function(a, n) return signed(a << n) end,
      rshift = function(a, n) return signed((a & mask) >> n) end,
    }]]))()
end
local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
local lshift, rshift = bit.lshift, bit.rshift

local crc_table = {}
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do
    if band(c, 1) == 1 then
      c = bxor(rshift(c, 1), 0xedb88320)
    else
      c = rshift(c, 1)
    end
  end
  crc_table[i] = c
end

local function crc32(s)
  local c = bnot(0)
  for i = 1, #s do
    c = bxor(rshift(c, 8), crc_table[band(bxor(c, s:byte(i)), 255)])
  end
  return bnot(c) % 2 ^ 32
end

assert(crc32("123456789") == 0xcbf43926)

local function population(v)
  v = v - band(rshift(v, 1), 0x55555555)
  v = band(v, 0x33333333) + band(rshift(v, 2), 0x33333333)
  v = band(v + rshift(v, 4), 0x0f0f0f0f)
  return rshift(v + rshift(v, 8) + rshift(v, 16) + rshift(v, 24), 0) % 64
end

local function spread(v)
  v = band(bor(v, lshift(v, 8)), 0x00ff00ff)
  v = band(bor(v, lshift(v, 4)), 0x0f0f0f0f)
  v = band(bor(v, lshift(v, 2)), 0x33333333)
  return band(bor(v, lshift(v, 1)), 0x55555555)
end

local state, ones, codes = 2463534242, 0, 0
for i = 1, n do
  state = bxor(state, lshift(state, 13))
  state = bxor(state, rshift(state, 17))
  state = bxor(state, lshift(state, 5))
  ones = ones + population(state)
  codes = bxor(codes, spread(i % 65536), lshift(spread(i % 4099), 1))
end
local crc = crc32(string.rep("abcdefghij", math.floor(n / 8)))
local result = string.format("%d %d %08x", ones, codes % 2 ^ 32, crc)

local expected = { [3000000] = "47997194 1377062922 99136d9c", [300000] = "4800189 1124422664 1062bce9", [500000] = "7999982 1174471688 1d1a789b" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

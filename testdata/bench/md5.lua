-- bench: group=numeric small=1000000 tiny=720000
-- MD5 of a generated message with 32-bit operations.
local bytes = tonumber(arg[1]) or 12000000

local found, bit = pcall(require, "bit")
if not found then
  -- Lua 5.3 and later have operators instead.
  bit = assert(load([[
    local mask = 0xffffffff
    return {
      band = function(a, b) return a & b end,
      bor = function(a, b) return a | b end,
      bxor = function(a, b) return a ~ b end,
      bnot = function(a) return ~a & mask end,
      rol = function(a, n) a = a & mask return (a << n | a >> 32 - n) & mask end,
      tobit = function(a) return a & mask end,
    }]]))()
end
local band, bor, bxor, bnot, rol, tobit = bit.band, bit.bor, bit.bxor, bit.bnot, bit.rol, bit.tobit

local SHIFTS = {
  { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 },
}
local SINES = {}
for i = 1, 64 do SINES[i] = math.floor(math.abs(math.sin(i)) * 2 ^ 32) end

local MIX = {
  function(x, y, z) return bor(band(x, y), band(bnot(x), z)) end,
  function(x, y, z) return bor(band(x, z), band(y, bnot(z))) end,
  function(x, y, z) return bxor(bxor(x, y), z) end,
  function(x, y, z) return bxor(y, bor(x, bnot(z))) end,
}
local INDEX = {
  function(i) return i end,
  function(i) return (5 * i + 1) % 16 end,
  function(i) return (3 * i + 5) % 16 end,
  function(i) return 7 * i % 16 end,
}

local function little_endian(v, count)
  local out = {}
  for i = 1, count do
    out[i] = string.char(v % 256)
    v = math.floor(v / 256)
  end
  return table.concat(out)
end

local function pad(message)
  local zeros = (55 - #message) % 64
  return message .. "\128" .. string.rep("\0", zeros) .. little_endian(#message * 8, 8)
end

local function md5(message)
  message = pad(message)
  local a0, b0, c0, d0 = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476
  local words = {}
  for start = 1, #message, 64 do
    for i = 0, 15 do
      local b1, b2, b3, b4 = message:byte(start + i * 4, start + i * 4 + 3)
      words[i] = b1 + b2 * 256 + b3 * 65536 + b4 * 16777216
    end
    local a, b, c, d = a0, b0, c0, d0
    for round = 1, 4 do
      local mix, index, shifts = MIX[round], INDEX[round], SHIFTS[round]
      for i = 0, 15 do
        local step = (round - 1) * 16 + i
        local sum = tobit(a + mix(b, c, d) + SINES[step + 1] + words[index(step)])
        a, d, c, b = d, c, b, tobit(b + rol(sum, shifts[i % 4 + 1]))
      end
    end
    a0, b0, c0, d0 = tobit(a0 + a), tobit(b0 + b), tobit(c0 + c), tobit(d0 + d)
  end
  local digest = little_endian(a0 % 2 ^ 32, 4) .. little_endian(b0 % 2 ^ 32, 4)
    .. little_endian(c0 % 2 ^ 32, 4) .. little_endian(d0 % 2 ^ 32, 4)
  return (digest:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

assert(md5("") == "d41d8cd98f00b204e9800998ecf8427e")
assert(md5("message digest") == "f96b697d7cb7938d525a2f31aaf161d0")

local text = string.rep("The quick brown fox jumps over the lazy dog. ", math.floor(bytes / 45))
local result = md5(text)

local expected = { [12000000] = "b8e04e013b7e6710166d9a76f653c7b0", [1000000] = "f8ff52bc41194ff2cd0cb45e3806b32e", [720000] = "d2ad5edf8ae81463870344d1eb19e77e" }
assert(result == (expected[bytes] or result), "wrong result: " .. result)
print(result)

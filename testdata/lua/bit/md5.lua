-- MD5 by bit operations, over several lengths.
local bit = require "bit" local band, bor, bxor, bnot, rol, tobit = bit.band, bit.bor, bit.bxor, bit.bnot, bit.rol, bit.tobit
local K, S = {}, { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } }
for i = 0, 63 do K[i] = tobit(math.floor(math.abs(math.sin(i + 1)) * 2 ^ 32)) end
local function md5(s)
  local len = #s
  s = s .. "\128" .. ("\0"):rep((55 - len) % 64) .. string.char(len * 8 % 256, math.floor(len * 8 / 256) % 256, math.floor(len * 8 / 65536) % 256, 0, 0, 0, 0, 0)
  local A, B, C, D = 0x67452301, tobit(0xefcdab89), tobit(0x98badcfe), 0x10325476
  for at = 1, #s, 64 do
    local w = {}
    for i = 0, 15 do local p, q, r, t = s:byte(at + i * 4, at + i * 4 + 3) w[i] = bor(p, q * 256, r * 65536, tobit(t * 2 ^ 24)) end
    local a, b, c, d = A, B, C, D
    for i = 0, 63 do
      local f, g
      if i < 16 then f, g = bor(band(b, c), band(bnot(b), d)), i
      elseif i < 32 then f, g = bor(band(d, b), band(bnot(d), c)), (5 * i + 1) % 16
      elseif i < 48 then f, g = bxor(b, c, d), (3 * i + 5) % 16
      else f, g = bxor(c, bor(b, bnot(d))), 7 * i % 16 end
      a, d, c, b = d, c, b, tobit(b + rol(tobit(a + f + K[i] + w[g]), S[math.floor(i / 16) + 1][i % 4 + 1]))
    end
    A, B, C, D = tobit(A + a), tobit(B + b), tobit(C + c), tobit(D + d)
  end
  local out = {} for _, v in ipairs { A, B, C, D } do out[#out + 1] = bit.tohex(bit.bswap(v)) end return table.concat(out)
end
print(md5 "") print(md5 "a") print(md5 "abc") print(md5 "message digest") print(md5(("1234567890"):rep(8))) print(md5(("x"):rep(55)), md5(("x"):rep(56)), md5(("x"):rep(64)))
--> d41d8cd98f00b204e9800998ecf8427e
--> 0cc175b9c0f1b6a831c399e269772661
--> 900150983cd24fb0d6963f7d28e17f72
--> f96b697d7cb7938d525a2f31aaf161d0
--> 57edf4a22be3c955ac49da2e2107b67a
--> 04364420e25c512fd958a70738aa8f72	668a72d5ba17f08e62dabcafad6db14b	c1bb4f81d892b2d57947682aeb252456

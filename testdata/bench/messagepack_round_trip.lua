-- bench: group=real small=60 tiny=3 needs=corpus
-- The MessagePack package: packing and unpacking numbers of all sizes, strings, arrays and maps.
local rounds = tonumber(arg[1]) or 600

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
-- The package has one implementation per language version.
local version = _VERSION == "Lua 5.1" and "5.1" or "5.3"
package.path = corpus .. "/lua-messagepack/usr/share/lua/" .. version .. "/?.lua"

local mp = require("MessagePack")

local records = {}
for i = 1, 200 do
  records[i] = {
    id = i,
    big = i * 1000003,
    negative = -i * 300,
    ratio = i + 0.375,
    name = "record " .. i,
    long = ("x"):rep(i % 50 + 20),
    flag = i % 2 == 0,
    list = { i % 128, i * 2, -i, i * 70000, -i * 70000 },
    nested = { a = { b = { c = i } } },
  }
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for k, v in pairs(a) do
    if not same(v, b[k]) then return false end
  end
  for k in pairs(b) do
    if a[k] == nil then return false end
  end
  return true
end

local packed = mp.pack(records)
local sum = 0
for round = 1, rounds do
  local back = mp.unpack(packed)
  assert(same(back[round % 200 + 1], records[round % 200 + 1]), "the round trip changes a record")
  back[1].id = round
  sum = (sum + #mp.pack(back)) % 1000003
  local stream = mp.pack(round) .. mp.pack({ round, "two" }) .. mp.pack(round / 4)
  for _, value in mp.unpacker(stream) do
    sum = sum + (type(value) == "table" and value[1] or math.floor(value))
  end
end
local result = string.format("%d %d", #packed, sum)

local expected = { [600] = "30877 932414", [60] = "30877 856712", [3] = "30877 92643" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

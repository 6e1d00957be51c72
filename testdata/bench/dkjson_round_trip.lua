-- bench: group=real small=9 tiny=1 needs=corpus
-- The dkjson package: encoding and decoding a document, with order, indentation, null and comments.
local rounds = tonumber(arg[1]) or 100

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
package.path = corpus .. "/lua-dkjson/usr/share/lua/5.1/?.lua"

local json = require("dkjson")

local order = { "id", "user", "text", "likes", "score", "tags", "place", "reply_to", "deleted" }
local posts = {}
for i = 1, 250 do
  posts[i] = setmetatable({
    id = i,
    user = { name = "user" .. i % 40, verified = i % 3 == 0, followers = i * 13 },
    text = "Post number " .. i .. " with \"quotes\", a\ttab, a line\nbreak, \195\188ml\195\164uts and a slash /",
    likes = i * 7 % 101,
    score = i / 16 + 0.03125,
    tags = { "lua", "json", "tag" .. i % 9 },
    place = i % 4 == 0 and { lat = 52.53125 - i / 64, lon = 13.2578125 + i / 128 } or json.null,
    reply_to = i > 1 and i - 1 or json.null,
    deleted = false,
  }, { __jsonorder = order })
end

local plain = json.encode(posts)
local sum = 0
for round = 1, rounds do
  local back, position, message = json.decode("/* round */ " .. plain, 1, json.null)
  assert(back, message)
  assert(back[round % 250 + 1].id == round % 250 + 1)
  assert(back[1].place == json.null and back[4].place.lat == 52.46875)
  local pretty = json.encode(back, { indent = true, keyorder = order })
  sum = (sum + #pretty + position + #json.encode(back)) % 1000003
end

local ordered = {}
for _, key in ipairs(order) do ordered[#ordered + 1] = plain:find('"' .. key .. '"', 1, true) end
for i = 2, #ordered do assert(ordered[i - 1] < ordered[i], "keys are not in order") end
local bad, position, message = json.decode('{"a": [1, 2')
assert(bad == nil and position and message:find("unterminated"), message)
local result = string.format("%d %d", #plain, sum)

local expected = { [100] = "66059 786737", [9] = "66059 960809", [1] = "66059 217868" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- bench: group=real small=18 tiny=1 needs=corpus
-- Compiling source text to functions at run time: modules of prosody, Penlight, luacheck and others, without running them.
local rounds = tonumber(arg[1]) or 180

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
local sources, bytes = {}, 0
local function add(directory, names)
  for name in names:gmatch("%S+") do
    local file = assert(io.open(corpus .. directory .. name .. ".lua", "rb"))
    local text = file:read("*a")
    file:close()
    sources[#sources + 1] = { text = text, name = "@" .. name .. ".lua" }
    bytes = bytes + #text
  end
end

add("/prosody/usr/lib/prosody/", "net/dns core/moduleapi util/stanza modules/mod_smacks util/dataforms")
add("/lua-penlight/usr/share/lua/5.1/pl/", "List tablex utils stringx pretty lexer Date class template data xml")
add("/lua-check/usr/share/lua/5.1/luacheck/", "lexer parser options standards format")
add("/lua-argparse/usr/share/lua/5.1/", "argparse")
add("/lua-dkjson/usr/share/lua/5.1/", "dkjson")

local compile = loadstring or load
local functions, refused = 0, 0
for round = 1, rounds do
  for _, source in ipairs(sources) do
    local f = assert(compile(source.text, source.name))
    if type(f) == "function" then functions = functions + 1 end
  end
  local f, message = compile("return " .. round .. " +* 2", "=broken")
  if not f and message:find("broken:1:", 1, true) then refused = refused + 1 end
  local expression = assert(compile("local a, b = ... return a * b + " .. round))
  functions = functions + expression(2, 3) % 2
end
assert(bytes > 0 and refused == rounds)
local result = string.format("%d %d", functions, refused)

local expected = { [180] = "4230 180", [18] = "423 18", [1] = "24 1" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

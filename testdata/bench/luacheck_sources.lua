-- bench: group=real small=1 tiny=0 needs=corpus
-- luacheck's library over sources of prosody and Penlight: lexer, parser, data flow, warnings. The size is in passes;
-- 0 is one pass over a single source.
local passes = tonumber(arg[1]) or 7

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
local luacheck_home = corpus .. "/lua-check/usr/share/lua/5.1/"
package.path = luacheck_home .. "?.lua;" .. luacheck_home .. "?/init.lua"

local luacheck = require("luacheck")

local prosody, penlight = corpus .. "/prosody/usr/lib/prosody/", corpus .. "/lua-penlight/usr/share/lua/5.1/pl/"
local sources, bytes = {}, 0
local function add(directory, names)
  for name in names:gmatch("%S+") do
    local file = assert(io.open(directory .. name .. ".lua", "rb"))
    local text = file:read("*a")
    file:close()
    sources[#sources + 1] = text
    bytes = bytes + #text
  end
end

if passes > 0 then
  add(prosody, "net/dns core/moduleapi util/stanza modules/mod_smacks core/usermanager util/dataforms")
  add(penlight, "List tablex utils stringx pretty lexer Date class template data")
else
  add(penlight, "class")
end

local events, parts = 0, nil
for _ = 1, math.max(passes, 1) do
  local report = luacheck.check_strings(sources, { std = "lua51+lua52c", max_line_length = 120 })
  local codes = {}
  for _, file in ipairs(report) do
    for _, event in ipairs(file) do
      codes[event.code] = (codes[event.code] or 0) + 1
      events = events + #luacheck.get_message(event)
    end
  end
  parts = {}
  for code, count in pairs(codes) do parts[#parts + 1] = code .. "=" .. count end
  table.sort(parts)
  assert(report.fatals == 0, "some file could not be checked")
end
local result = string.format("%d %s", events, table.concat(parts, " "))

-- Known for this version of the packages.
local expected = { ["7:304164"] = "47243 111=5 113=12 143=57 211=4 212=21 213=14 214=1 411=3 421=4 431=17 432=4 631=29", ["1:304164"] = "6749 111=5 113=12 143=57 211=4 212=21 213=14 214=1 411=3 421=4 431=17 432=4 631=29", ["0:8363"] = "112 212=3 432=1" }
assert(result == (expected[passes .. ":" .. bytes] or result), "wrong result: " .. result)
print(result)

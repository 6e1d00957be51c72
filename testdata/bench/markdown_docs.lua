-- bench: group=real small=30 tiny=2 needs=corpus
-- The markdown package over a long generated document.
local sections = tonumber(arg[1]) or 110

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
package.path = corpus .. "/lua-markdown/usr/share/lua/5.1/?.lua"

if not setfenv then
  -- The package is written for Lua 5.1: later versions get what it misses through its environment.
  local env = setmetatable({ unpack = table.unpack }, { __index = _G })
  function env.setfenv(_, names)
    if names ~= _G then setmetatable(env, { __index = names, __newindex = names }) end
  end
  package.preload.markdown = assert(loadfile(package.searchpath("markdown", package.path), "t", env))
end
local markdown = require("markdown")

local words = {}
for w in ("the quick brown fox jumps over a lazy dog while seven *wild* geese fly **far** away from `home` and "
  .. "nobody [knows](http://example.com/why \"Why\") what & how <b>they</b> eat ![there](img.png)"):gmatch("%S+") do
  words[#words + 1] = w
end

local function sentence(start, count)
  local out = {}
  for i = 1, count do out[i] = words[(start * 7 + i * 3) % #words + 1] end
  return table.concat(out, " ") .. "."
end

local document = {}
local function line(text) document[#document + 1] = text end

for i = 1, sections do
  line("Section " .. i)
  line(i % 2 == 0 and "=========" or "---------")
  line("")
  line(sentence(i, 40) .. "  \n" .. sentence(i + 1, 30))
  line("")
  for k = 1, 5 do line("* item " .. k .. " " .. sentence(i + k, 8)) end
  line("")
  for k = 1, 4 do
    line(k .. ". step " .. sentence(i * k, 6))
    if k == 2 then line("    - nested " .. sentence(k, 5) .. "\n    - second " .. sentence(k + 1, 5)) end
  end
  line("")
  line("> quoted " .. sentence(i, 15) .. "\n> and more " .. sentence(i + 2, 9))
  line("")
  line("    local code = " .. i .. "\n    return code < 3 and code > 1 & 2")
  line("")
  line("### Minor heading " .. i .. " ###\n\nSee [reference " .. i .. "][ref" .. i .. "] and <http://example.org/" .. i .. ">.")
  line("")
  line("[ref" .. i .. "]: http://example.net/ref/" .. i .. " 'Title " .. i .. "'")
  line("")
  if i % 5 == 0 then line("* * *\n\n<div>raw *html*</div>\n") end
end

local text = table.concat(document, "\n")
local html = markdown(text)

local sum = 0
for i = 1, #html do sum = (sum * 31 + html:byte(i)) % 1000003 end
local _, items = html:gsub("<li>", "")
local _, links = html:gsub("<a href", "")
local result = string.format("%d %d %d %d", #html, items, links, sum)

local expected = { [110] = "239845 1210 413 811254", [30] = "65405 330 113 611687", [2] = "4425 22 8 860124" }
assert(result == (expected[sections] or result), "wrong result: " .. result)
print(result)

-- bench: group=real small=700 tiny=5 needs=corpus
-- Penlight's pure modules as a program uses them: List, Set, OrderedMap, class, stringx, tablex, seq, pretty, lexer, template, sip.
local rounds = tonumber(arg[1]) or 7000

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
package.path = corpus .. "/lua-penlight/usr/share/lua/5.1/?.lua"

local List = require("pl.List")
local Set = require("pl.Set")
local OrderedMap = require("pl.OrderedMap")
local class = require("pl.class")
local stringx = require("pl.stringx")
local tablex = require("pl.tablex")
local seq = require("pl.seq")
local pretty = require("pl.pretty")
local lexer = require("pl.lexer")
local template = require("pl.template")
local sip = require("pl.sip")
local permute = require("pl.permute")

local Animal = class()
function Animal:_init(name) self.name = name end
function Animal:speak() return self.name .. " " .. self:sound() end
function Animal:__tostring() return "<" .. self.name .. ">" end

local Dog = class(Animal)
function Dog:_init(name, age)
  self:super(name)
  self.age = age
end
function Dog:sound() return "wuff" end

local page = [[
<ul>
# for i, item in ipairs(items) do
  <li class="$(i % 2 == 0 and 'even' or 'odd')">$(item:upper()) costs $(i * 3)</li>
# end
</ul>
]]

local source = [[
local function area(w, h) -- a comment
  if w > 10.5 and h ~= 0x1F then return w * h .. "text" end
  return { w, [h] = 'x', name = nil }
end
]]

local checks = {}
local function add(n) checks[#checks + 1] = n end

local sum = 0
for round = 1, rounds do
  local list = List.range(1, 60):map(function(v) return v * round % 37 end)
  local small = list:filter(function(v) return v < 20 end):sort():reverse()
  sum = sum + small:reduce("+") + #list:slice(5, 15) + (list:index(5) or 0)
  sum = sum + #List.split("a b c d", " "):extend({ "e" }):join(",")

  local a, b = Set(list), Set({ 1, 2, 3, 5, 8, 13, 21, 34 })
  sum = sum + Set.len(a + b) + Set.len(a * b) + Set.len(a - b) + (Set.issubset(a * b, a) and 1 or 0)

  local map = OrderedMap()
  for word in stringx.split("one two three four five six seven"):iter() do map:set(word, #word + round) end
  for key, value in map:iter() do sum = sum + #key + value end
  sum = sum + #tostring(map)

  local dog = Dog("rex" .. round, round)
  sum = sum + #dog:speak() + #tostring(dog) + (Animal:class_of(dog) and 1 or 0) + (dog:is_a(Dog) and 1 or 0)

  for _, line in ipairs(stringx.splitlines(page)) do
    sum = sum + #stringx.strip(line) + stringx.count(line, "i") + (stringx.startswith(line, "<") and 1 or 0)
  end
  sum = sum + #stringx.center("title", 20 + round % 5) + #stringx.join("-", { "x", "y" }) + #stringx.expandtabs("a\tb", 4)

  local config = { name = "n" .. round, sizes = { 1, 2, { deep = true } }, on = round % 2 == 0, ["odd key"] = 0.5 }
  local copy = assert(pretty.read(pretty.write(config)))
  assert(tablex.deepcompare(config, copy), "pretty round trip")
  sum = sum + #tablex.keys(tablex.merge(config, { extra = 1, name = 2 }, true)) + tablex.size(tablex.deepcopy(config))
  local zipped = tablex.zip({ 1, 2, 3 }, { 4, 5, 6 })
  sum = sum + zipped[3][2] + tablex.find({ 7, 8, 9 }, 8)

  sum = sum + seq.sum(seq.map(function(x) return x * x end, seq.list({ 1, 2, round })))
  sum = sum + #seq.copy(seq.filter(seq.range(1, 50), function(v) return v % 3 == 0 end))

  local kinds = {}
  for kind, value in lexer.lua(source, {}, {}) do
    kinds[kind] = (kinds[kind] or 0) + 1
    sum = sum + #tostring(value)
  end
  sum = sum + kinds.keyword * 3 + kinds.iden

  local html = assert(template.substitute(page, { items = { "tea", "milk", "x" .. round }, ipairs = ipairs }))
  sum = sum + #html

  local fields = {}
  if sip.match("$v{key} = $i{number} ($q{text})", "width = " .. round .. " ('wide')", fields) then
    sum = sum + #fields.key + fields.number + #fields.text
  end
  if round % 8 == 0 then
    for p in permute.order_iter({ 1, 2, 3, 4 }) do sum = sum + p[1] end
  end
  if round % 10 == 0 then add(sum % 1000003) end
end
add(sum % 1000003)
local total = 0
for i, v in ipairs(checks) do total = (total + i * v) % 1000003 end
local result = string.format("%d", total)

local expected = { [7000] = "271123", [700] = "509788", [5] = "5532" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

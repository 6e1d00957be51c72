-- bench: group=real small=170 tiny=4 needs=corpus
-- The inspect and argparse packages: printing nested tables, building a command-line parser, help texts, parsing.
local rounds = tonumber(arg[1]) or 1700

local corpus = os.getenv("BENCH_CORPUS") or "target/corpus"
package.path = corpus .. "/lua-inspect/usr/share/lua/5.1/?.lua;" .. corpus .. "/lua-argparse/usr/share/lua/5.1/?.lua"

local inspect = require("inspect")
local argparse = require("argparse")

local function build()
  local parser = argparse("tool", "A tool that does many things.", "For more, see the manual.")
  parser:argument("input", "Input file.")
  parser:argument("rest", "More files."):args("*")
  parser:option("-o --output", "Output file.", "a.out")
  parser:option("-I --include", "Include directory."):count("*"):argname("<dir>")
  parser:option("-l --level", "Level."):convert(tonumber):choices({ "1", "2", "3" })
  parser:option("--pair", "Key and value."):args(2):count("*")
  parser:flag("-v --verbose", "More output."):count("0-3")
  parser:flag("-q --quiet", "Less output.")
  parser:mutex(parser:flag("--fast"), parser:flag("--safe"))
  return parser
end

local root = { name = "root", children = {}, flags = { true, false }, ["odd key"] = 1.5 }
for i = 1, 12 do
  local child = { id = i, label = "node '" .. i .. "'", parent = root, list = { 1, "two", { 3 } } }
  root.children[i] = setmetatable(child, { __name = "node" })
end

local sum = 0
for round = 1, rounds do
  local parser = build()
  local args = parser:parse({
    "in" .. round .. ".lua", "-o", "out.lua", "-Ifirst", "-I", "second", "--level=2", "-vv",
    "--pair", "a", "b", "--fast", "--", "x", "-y",
  })
  assert(args.output == "out.lua" and #args.include == 2 and args.verbose == 2 and args.rest[2] == "-y")
  local ok, message = parser:pparse({ "in.lua", "--fast", "--safe" })
  assert(not ok and message:find("can not be used together"), message)
  sum = sum + #parser:get_help() + #parser:get_usage() + #message

  root.children[round % 12 + 1].list[4] = round
  local text = inspect(root)
  local short = inspect(root, {
    depth = 2,
    process = function(item, path)
      if path[#path] ~= inspect.METATABLE then return item end
    end,
  })
  sum = (sum + #text + #short + #inspect(args)) % 1000003
end
local result = string.format("%d", sum)

local expected = { [1700] = "690398", [170] = "566576", [4] = "13154" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

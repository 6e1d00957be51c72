-- Library functions with arguments drawn from a list of awkward ones: a checksum of what 300 calls return or raise, again and again.
-- With the argument "show" the calls are printed instead, so that two programs' output can be compared line by line.
-- luajit: differs its trace compiler gets ranges of string.byte wrong; without it the output is the same
local seed = 20240131
local function rnd(n) seed = seed * 16807 % 2147483647 return seed % n end
local function pick(t) return t[1 + rnd(#t)] end
local texts = { "", "a", "abc", "hello world", "a\0b", "  x  ", "123", "0x1f", "-5", "1e3", ("ab"):rep(40), "%d", "%s=%s", "(%w+)", "[%a_]+", "^a", ".-", "%%", "\255\128", "\n\t\r\"\\", "%b()", "%f[%w]", "[^%s]*", "a*$", "(a)(b)" }
local numbers = { 0, 1, -1, 2, 3, 5, -3, 1.5, -1.5, 100, 1e10, -1e10, 2 ^ 31, -2 ^ 31, 2 ^ 53, 1 / 0, -1 / 0, 0.1, 255, 256, 32, 1e300, 5e-324, 12345.678 }
local small = { 0, 1, -1, 2, 3, 5, -3, 1.5, -2 }
local formats = { "%d", "%5d", "%-5d|", "%x", "%X", "%o", "%u", "%c", "%e", "%g", "%.3f", "%10.2f", "%s", "%q", "%5.2s", "%i", "%a", "%+d", "% d", "%05d", "%#x", "%%", "%y", "%.20s", "%-8s|", "%G", "%E", "%A", "%1", "%.14g", "%.0f", "%#.0e" }
local function any() local k = rnd(12) if k < 5 then return pick(texts) elseif k < 10 then return pick(numbers) end return ({ true, false, {}, print })[1 + rnd(5)] end
local function text() return rnd(12) == 0 and any() or pick(texts) end
local function number() return rnd(12) == 0 and any() or pick(numbers) end
local function index() return rnd(14) == 0 and pick { "x", "2", true, print, {} } or pick(small) end
local function maybe(f) if rnd(2) == 0 then return f() end end
local function list(n, f) local t = {} for i = 1, rnd(n) do t[i] = f(i) end return t end
local function on_list(f, t, ...) local ok, e = pcall(f, t, ...) return ok, type(e) == "table" and "list" or e, t end
local function same(i) return i end
local function digit() return rnd(10) end
local calls = {
  function() return pcall(string.sub, text(), index(), index()) end, function() return pcall(string.sub, text(), number(), number()) end,
  function() return pcall(string.byte, text(), index(), index()) end, function() return pcall(string.char, number(), index()) end,
  function() return pcall(string.rep, text(), index(), maybe(text)) end, function() return pcall(string.len, any()) end,
  function() return pcall(string.lower, any()) end, function() return pcall(string.upper, any()) end, function() return pcall(string.reverse, any()) end,
  function() return pcall(string.find, text(), text(), index(), rnd(2) == 0) end, function() return pcall(string.find, text(), text(), number()) end,
  function() return pcall(string.match, text(), text(), index()) end, function() return pcall(string.gsub, text(), text(), text(), maybe(index)) end,
  function() return pcall(string.gsub, text(), text(), { a = "X", b = 1, abc = false, ["1"] = 2.5 }) end,
  function() return pcall(string.gsub, text(), text(), function(a) if rnd(3) == 0 then return a end return maybe(any) end) end,
  function() return pcall(function() local r = {} for a, b in string.gmatch(text(), text()) do r[#r + 1] = a r[#r + 1] = b if #r > 50 then break end end return r end) end,
  function() return pcall(string.format, pick(formats), number()) end, function() return pcall(string.format, pick(formats), text()) end,
  function() return pcall(string.format, pick(formats) .. " " .. pick(formats), any(), any()) end,
  function() return pcall(table.concat, list(8, any), maybe(text), maybe(index), maybe(index)) end,
  function() return on_list(table.insert, list(6, same), index(), any()) end, function() return on_list(table.remove, list(6, same), index()) end,
  function() return on_list(table.move, list(6, same), index(), index(), index()) end,
  function() return on_list(table.sort, list(20, number)) end, function() return on_list(table.sort, list(20, text)) end,
  function() local log = {} return on_list(table.sort, list(20, digit), function(a, b) log[#log + 1] = a * 10 + b return a > b end), log end,
  function() return on_list(table.sort, list(20, digit), function() return rnd(2) == 0 end) end,
  function() return pcall(math[pick { "abs", "floor", "frexp", "modf", "sqrt" }], any()) end,
  function() return pcall(math[pick { "fmod", "ldexp", "max", "min" }], any(), any()) end,
  function() return pcall(bit[pick { "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit", "tohex" }], any(), index()) end,
}
local function show(v)
  if type(v) == "table" then local r = {} for i = 1, #v do r[i] = show(v[i]) end return "{" .. table.concat(r, ",") .. "}" end
  if type(v) == "number" then return ("%.17g"):format(v) end
  return (tostring(v):gsub("0x%x%x%x%x%x%x%x%x+", "PTR"):gsub("builtin#%d+", "FN"))
end
local function line(...) local r = {} for i = 1, select("#", ...) do r[i] = show((select(i, ...))) end return table.concat(r, " ") end
for _ = 1, 20 do
  local sum = 0
  for _ = 1, 300 do
    local text = line(pick(calls)())
    if ... == "show" then print(text) end
    for i = 1, #text do sum = bit.bxor(bit.rol(sum, 5), text:byte(i)) end
  end
  print(bit.tohex(sum))
end
--> bb4a3c4a
--> a4f95cf6
--> c30b85ff
--> b2bce4dc
--> f8b1c26c
--> 7536a450
--> 4a72fdb1
--> 20a7b434
--> 36ca423b
--> e43b5ce0
--> 3c1b81e6
--> adc37f99
--> 37333347
--> 6c1781d2
--> a6a85b30
--> 07a0aa54
--> 770fa117
--> 0dd25ca3
--> dad73d23
--> 9af800a7

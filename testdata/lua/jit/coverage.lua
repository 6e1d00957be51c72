-- What a hot loop may hold and still be compiled: for each library function and kind of instruction in the table the loop becomes a trace
-- that loops. Where it does not, the reason is named: that of the abort, or "exit" for a trace that ends.
-- modes: -aot
if jit.status() then jit.opt.start(3, "hotloop=2", "hotexit=10") end
local util, buffer = require "jit.util", require "string.buffer"
local there, vmdef = pcall(require, "jit.vmdef")
-- The names of aborts are Kiln's.
local compiled = jit.status() and there and vmdef.traceerr[6] == "inner loop in root trace"
local ordinary = { ["inner loop in root trace"] = true, ["leaving loop in root trace"] = true }
local cases = {}
local function case(name, code, known) cases[#cases + 1] = { name, code, known } end

for line in ([[abs -i; floor i/3; ceil i/3; sqrt i; sin i; cos i; tan i; asin i/100; acos i/100; atan i; atan2 i,2; sinh i; cosh i; tanh i; exp i/9
log i; log i,2; log10 i; pow i,2; fmod i,7; modf i/3; frexp i; ldexp i,2; min i,7,9; max i,7; random i; random; deg i; rad i]]):gmatch "[^;\n]+" do
  local f, args = line:match "^%s*(%w+)%s*(.*)$"
  case("math." .. f, ("local r = math.%s(%s)"):format(f, args))
end
for f in ("tobit bnot bswap tohex"):gmatch "%w+" do case("bit." .. f, "local r = bit." .. f .. "(i)") end
for f in ("band bor bxor lshift rshift arshift rol ror"):gmatch "%w+" do case("bit." .. f, "local r = bit." .. f .. "(i, 3)") end
case("string.byte", "local r = string.byte('hello', i % 5 + 1)")
case("string.char", "local r = string.char(i % 100 + 20, 65)")
case("string.sub", "local r = string.sub('hello world', i % 5 + 1, 7)")
case("string.rep", "local r = string.rep('x', i % 5)")
case("string.len", "local r = string.len('x' .. i)")
case("string.upper", "local r = string.upper('x' .. i)")
case("string.lower", "local r = string.lower('X' .. i)")
case("string.reverse", "local r = string.reverse('X' .. i)")
case("string.format", "local r = string.format('%d %s %5.2f', i, 'x', i)")
case("string.find", "local r = string.find('hello', 'l', 1, true)")
case("string.find with a pattern", "local r = string.find('hello' .. i, '%d+')")
case("string.match", "local r = string.match('key' .. i, '(%a+)(%d+)')")
case("string.gsub", "local r = string.gsub('hello' .. i, 'l', 'L')")
case("string.gsub with a function", "local r = string.gsub('hello', 'l', function(x) return x .. i end)")
case("string.gmatch", "for w in string.gmatch('a b c d', '%a') do local r = w end")
case("table.insert", "local t = {} table.insert(t, i) table.insert(t, 1, i)")
case("table.remove", "local t = { 1, 2, i } local r = table.remove(t) r = table.remove(t, 1)")
case("table.concat", "local r = table.concat({ 'a', 'b', 'c' }, ',')")
case("table.sort", "local t = { 3, 1, i } table.sort(t)")
case("table.new", "local t = new(4, 2)")
case("table.clear", "local t = { i } clear(t)")
case("table.move", "local t = table.move({ 1, 2, i }, 1, 3, 2)")
case("unpack", "local a, b = unpack({ 1, i })")
case("select '#'", "local function f(...) return select('#', ...) end local r = f(i, 2)")
case("select", "local function f(...) return (select(2, ...)) end local r = f(i, 2)")
case("type", "local r = type(i)")
case("tostring", "local r = tostring(i)")
case("tonumber", "local r = tonumber('12')")
case("ipairs", "for k, v in ipairs({ 1, i }) do local r = v end")
case("pairs", "for k, v in pairs({ a = 1, b = i }) do local r = v end")
case("next", "local r = next({ i })")
case("rawget", "local r = rawget({ i }, 1)")
case("rawset", "local r = rawset({}, 1, i)")
case("rawequal", "local r = rawequal(i, 1)")
case("setmetatable", "local r = setmetatable({}, { __index = function() return i end }).x")
case("getmetatable", "local r = getmetatable('')")
case("assert", "local r = assert(i)")
case("error", "pcall(error, i)", "exit")
case("pcall", "local ok, e = pcall(function() return i end)")
case("xpcall", "local ok, e = xpcall(function() return i end, print)")
case("buffer put", "local b = buffer.new() b:put('x', i) local r = b:tostring()")
case("buffer get", "local b = buffer.new():put('hello') local r = b:get(2)")
case("buffer putf", "local b = buffer.new():putf('%d', i) local r = b:tostring()")
case("buffer length", "local b = buffer.new():put('x') local r = #b", "metamethod not compiled")
case("buffer encode", "local r = buffer.decode(buffer.encode(i))")
-- Kinds of instructions.
case("FNEW", "local f = function() return i end local r = f()")
case("UCLO", "do local a = i local f = function() a = a + 1 return a end f() end")
case("UGET USETV USETN USETS USETP", "local a = i local f = function() a = a a = 1 a = 's' a = nil return a end f()")
case("VARG", "local function f(...) local a, b = ... return a end local r = f(i, 2)")
case("VARG TSETM", "local function f(...) local t = { ... } return #t end local r = f(i, 2)")
case("CALLM", "local function f() return 1, i end local r = math.max(f())")
case("CALLT CALLMT", "local function g() return 1, i end local function f() return math.max(g()) end local r = f()")
case("RETM", "local function g() return 1, i end local function f() return 7, g() end local a, b, c = f()")
case("CAT", "local r = 'a' .. i .. 'b' .. i")
case("TDUP TNEW", "local t = { 1, 2, x = 3 } t = {}")
case("TGETV TSETV TGETB TSETB TGETS TSETS", "local t = {} t[i] = 1 t[1] = t[i] t.x = t[1] local r = t.x")
case("GGET GSET", "G1 = i local r = G1")
case("ITERC", "local function it(_, c) if c < 3 then return c + 1 end end for k in it, nil, 0 do local r = k end")
case("LOOP", "local k = 0 while k < 3 do k = k + 1 end repeat k = k - 1 until k < 1")
case("arithmetic", "local r = -(i + 1) * 2 / 3 % 5 ^ 2 - 1 r = 3 - i r = 3 % i")
case("NOT LEN ISTC ISFC", "local r = not i r = #{ 1, i } r = i and r or 1")
case("comparisons", "local r = i < 3 or i <= 4 or i == 5 or 's' == i or i == nil or i ~= 1 or not (i > 7)")
local arith = { add = "m + i", sub = "i - m", mul = "m * i", div = "m / i", mod = "m % i", pow = "m ^ i", unm = "-m", concat = "m .. 'x'",
  eq = "m == n", lt = "m < n", le = "m <= n", call = "m(i)", index = "m.foo" }
for event, code in pairs(arith) do case("__" .. event, "local r = " .. code) end
case("__newindex", "m.foo = i")

local meta = { __newindex = function() end }
for event in pairs(arith) do meta["__" .. event] = function() return 1 end end
local env = setmetatable({ buffer = buffer, new = require "table.new", clear = require "table.clear" }, { __index = _G })
env.m, env.n = setmetatable({}, meta), setmetatable({}, meta)

-- The function under test, its loops that became traces, why others did not.
local tested, loops, reasons
local function handler(what, trace, func, _, code)
  if func ~= tested then
    return
  elseif what == "stop" then
    local link = util.traceinfo(trace).linktype
    if link == "loop" or link == "tail-recursion" then loops = loops + 1 end
  elseif what == "abort" then
    reasons[#reasons + 1] = vmdef.traceerr[code]
  end
end
if compiled then jit.attach(handler, "trace") end
local function check(name, code, known)
  local head = "local buffer, new, clear, m, n = buffer, new, clear, m, n "
  tested = setfenv(assert(loadstring(head .. "for i = 1, 300 do " .. code .. " end", "=" .. name)), env)
  loops, reasons = 0, {}
  jit.flush()
  -- Loops rest after an abort; exits that are made to fail may retire a trace, which is compiled again.
  for _ = 1, 5 do
    tested()
    if not compiled then return end
    if loops > 0 then break end
  end
  local reason
  for _, r in ipairs(reasons) do
    if not ordinary[r] then reason = reason or r end
  end
  local got = loops == 0 and (reason or "exit") or nil
  if got ~= known then print(name, "expected " .. tostring(known or "a loop"), "found " .. tostring(got or "a loop")) end
end
for _, c in ipairs(cases) do check(c[1], c[2], c[3]) end
if compiled then jit.attach(handler) end
print(#cases)
--> 117

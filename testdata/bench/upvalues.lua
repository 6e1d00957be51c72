-- bench: group=calls small=220000 tiny=90000
-- A module whose state lives in upvalues: a tokenizing state machine that flips flags, counters, strings and nils.
local rounds = tonumber(arg[1]) or 2200000

local state, depth, quoted, pending, level = "text", 0, false, nil, 0
local tags, texts, errors = 0, 0, 0

local function open()
  state = "tag"
  pending = nil
  depth = depth + 1
end

local function close()
  state = "text"
  quoted = false
  if not pending then errors = errors + 1 end
  depth = depth - 1
  tags = tags + 1
  level = 0
end

local function quote()
  quoted = not quoted
  if quoted then state = "value" else state = "tag" end
end

local function name(symbol)
  if pending == nil then
    pending = symbol
    level = 1
  else
    level = level + 0.5
  end
end

local function feed(symbol)
  if symbol == "<" and not quoted then
    if state == "text" then open() else errors = errors + 1 end
  elseif symbol == ">" and not quoted then
    if state == "tag" then close() else errors = errors + 1 end
  elseif symbol == '"' then
    if state ~= "text" then quote() end
  elseif state == "tag" then
    name(symbol)
  else
    texts = texts + 1
  end
end

local symbols = { "a", "<", "b", "c", '"', "d", ">", '"', ">", "e", "<", ">", "f", ">", "<", "g", ">" }
for i = 1, rounds do
  for k = 1, #symbols do feed(symbols[k]) end
  if i % 100 == 0 then
    state, quoted, pending, depth = "text", false, nil, 0
  end
end
local result = string.format("%d %d %d %d %s", tags, texts, errors, depth, tostring(quoted))

local expected = { [2200000] = "6600000 11000000 4400000 0 false", [220000] = "660000 1100000 440000 0 false", [90000] = "270000 450000 180000 0 false" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

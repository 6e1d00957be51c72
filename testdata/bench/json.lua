-- bench: group=strings small=13 tiny=1
-- JSON written and read by a small library: character dispatch, patterns, string pieces, recursion.
local rounds = tonumber(arg[1]) or 130

local json = {}

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(c)
  return escapes[c] or string.format("\\u%04x", c:byte())
end

local function write_string(s)
  return '"' .. s:gsub('[%c"\\]', escape) .. '"'
end

local writers = {}

local function write(value, out)
  local writer = writers[type(value)]
  if not writer then error("cannot encode a " .. type(value)) end
  writer(value, out)
end

writers["nil"] = function(_, out) out[#out + 1] = "null" end
writers.boolean = function(value, out) out[#out + 1] = tostring(value) end
writers.string = function(value, out) out[#out + 1] = write_string(value) end
writers.number = function(value, out)
  out[#out + 1] = value % 1 == 0 and string.format("%d", value) or string.format("%.10g", value)
end
writers.table = function(value, out)
  if #value > 0 or next(value) == nil then
    out[#out + 1] = "["
    for i, v in ipairs(value) do
      if i > 1 then out[#out + 1] = "," end
      write(v, out)
    end
    out[#out + 1] = "]"
  else
    local keys = {}
    for k in pairs(value) do keys[#keys + 1] = k end
    table.sort(keys)
    out[#out + 1] = "{"
    for i, k in ipairs(keys) do
      if i > 1 then out[#out + 1] = "," end
      out[#out + 1] = write_string(k)
      out[#out + 1] = ":"
      write(value[k], out)
    end
    out[#out + 1] = "}"
  end
end

function json.encode(value)
  local out = {}
  write(value, out)
  return table.concat(out)
end

local function fail(text, position, message)
  local line = select(2, text:sub(1, position):gsub("\n", "")) + 1
  error(string.format("line %d: %s", line, message), 0)
end

local unescapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local read

local function skip(text, position)
  return text:find("[^ \n\r\t]", position) or #text + 1
end

local function read_string(text, position)
  local pieces, start = nil, position + 1
  while true do
    local stop = text:find('["\\]', start)
    if not stop then fail(text, position, "unfinished string") end
    local piece = text:sub(start, stop - 1)
    if text:byte(stop) == 34 then
      if not pieces then return piece, stop + 1 end
      pieces[#pieces + 1] = piece
      return table.concat(pieces), stop + 1
    end
    pieces = pieces or {}
    pieces[#pieces + 1] = piece
    local c = text:sub(stop + 1, stop + 1)
    if c == "u" then
      pieces[#pieces + 1] = string.char(tonumber(text:sub(stop + 2, stop + 5), 16))
      start = stop + 6
    else
      pieces[#pieces + 1] = unescapes[c] or c
      start = stop + 2
    end
  end
end

local function read_array(text, position)
  local out = {}
  position = skip(text, position + 1)
  if text:sub(position, position) == "]" then return out, position + 1 end
  while true do
    out[#out + 1], position = read(text, position)
    position = skip(text, position)
    local c = text:sub(position, position)
    if c == "]" then return out, position + 1 end
    if c ~= "," then fail(text, position, "',' or ']' expected") end
    position = position + 1
  end
end

local function read_object(text, position)
  local out = {}
  position = skip(text, position + 1)
  if text:sub(position, position) == "}" then return out, position + 1 end
  while true do
    local key
    position = skip(text, position)
    key, position = read_string(text, position)
    position = skip(text, position)
    if text:sub(position, position) ~= ":" then fail(text, position, "':' expected") end
    out[key], position = read(text, position + 1)
    position = skip(text, position)
    local c = text:sub(position, position)
    if c == "}" then return out, position + 1 end
    if c ~= "," then fail(text, position, "',' or '}' expected") end
    position = position + 1
  end
end

local words = { ["true"] = true, ["false"] = false }

function read(text, position)
  position = skip(text, position)
  local c = text:sub(position, position)
  if c == "{" then return read_object(text, position) end
  if c == "[" then return read_array(text, position) end
  if c == '"' then return read_string(text, position) end
  local number = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", position)
  if number then return tonumber(number), position + #number end
  local word = text:match("^%a+", position)
  if word == "null" then return nil, position + 4 end
  if words[word] == nil then fail(text, position, "unexpected '" .. c .. "'") end
  return words[word], position + #word
end

function json.decode(text)
  local value, position = read(text, 1)
  if skip(text, position) <= #text then fail(text, position, "end of text expected") end
  return value
end

local document = { title = "Inventory \"A\"", version = 3, items = {} }
for i = 1, 400 do
  document.items[i] = {
    id = i,
    name = "Part no. " .. i,
    price = i * 1.25 + 0.125,
    stock = i % 17,
    tags = { "red", "tab\there", "line\nbreak", "caf\195\169" },
    discontinued = i % 5 == 0,
    size = { width = i % 30, height = i / 8, depth = -i },
    notes = i % 3 == 0 and string.rep("lorem ipsum ", 5) or nil,
    history = { i, i + 1, { i - 1 }, {} },
  }
end

local text = json.encode(document)
local length = 0
for i = 1, rounds do
  local copy = json.decode(text)
  local item = copy.items[i % 400 + 1]
  item.stock = item.stock + 1
  length = length + #json.encode(copy)
end
assert(json.encode(json.decode(text)) == text, "the round trip changes the text")
local ok, message = pcall(json.decode, '{"a": [1, 2,\n x]}')
assert(not ok and message == "line 2: unexpected 'x'", message)
local result = string.format("%d %d", #text, length)

local expected = { [130] = "91021 11832738", [13] = "91021 1183274", [1] = "91021 91021" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

-- bench: group=calls small=220 tiny=18
-- Parser combinators: closures that return positions and any number of values, passed on with `...`.
local rounds = tonumber(arg[1]) or 2200

local function pattern(p)
  p = "^%s*(" .. p .. ")"
  return function(text, position)
    local from, to, capture = text:find(p, position)
    if not from then return nil end
    return to + 1, capture
  end
end

local function symbol(s)
  return function(text, position)
    position = text:find("%S", position)
    if position and text:sub(position, position + #s - 1) == s then return position + #s end
    return nil
  end
end

local function choice(...)
  local parsers = { ... }
  return function(text, position)
    for i = 1, #parsers - 1 do
      local following, a, b, c = parsers[i](text, position)
      if following then return following, a, b, c end
    end
    return parsers[#parsers](text, position)
  end
end

local function chain(f, following, ...)
  if not following then return nil end
  return f(following, ...)
end

local function prepend(values, following, ...)
  if not following then return nil end
  if values then return following, values, ... end
  return following, ...
end

local function sequence(first, second, ...)
  if not second then return first end
  local rest = sequence(second, ...)
  return function(text, position)
    return chain(function(following, value)
      return prepend(value, rest(text, following))
    end, first(text, position))
  end
end

local function many(parser, separator)
  return function(text, position)
    local values = {}
    while true do
      local following, value = parser(text, position)
      if not following then return position, values end
      values[#values + 1] = value
      position = following
      local after = separator(text, position)
      if not after then return position, values end
      position = after
    end
  end
end

local function apply(parser, f)
  local function finish(following, ...)
    if not following then return nil end
    return following, f(...)
  end
  return function(text, position) return finish(parser(text, position)) end
end

local function lazy(get)
  return function(...) return get()(...) end
end

local expression
local number = apply(pattern("%d+"), tonumber)
local name = apply(pattern("%a%w*"), function(n) return { kind = "name", name = n } end)
local list = apply(sequence(symbol("["), many(lazy(function() return expression end), symbol(",")), symbol("]")),
  function(items) return { kind = "list", items = items } end)
local call = apply(sequence(pattern("%a%w*"), symbol("("), many(lazy(function() return expression end), symbol(",")), symbol(")")),
  function(f, arguments) return { kind = "call", name = f, items = arguments } end)
expression = choice(number, call, list, name)

local function count(node)
  if type(node) == "number" then return node % 10 end
  local sum = #(node.name or "")
  for _, item in ipairs(node.items or {}) do sum = sum + count(item) end
  return sum
end

local parts = {}
for i = 1, 40 do parts[i] = ("f%d(a, [%d, b%d, g(%d, [])], h(i(j(%d))))"):format(i, i, i, i * 3, i) end
local text = "[" .. table.concat(parts, ", ") .. "]"

local sum = 0
for round = 1, rounds do
  local position, tree = expression(text, 1)
  assert(position == #text + 1, "the text is not read to its end")
  sum = (sum + count(tree) * round) % 1000003
end
local result = string.format("%d", sum)

local expected = { [2200] = "91213", [220] = "386151", [18] = "164502" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

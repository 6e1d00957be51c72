-- Conditions on entries, compiled to closures:
--   condition  = conjunction { "or" conjunction }
--   conjunction = test { "and" test }
--   test = "not" test | "(" condition ")" | name operator literal
--   operator = == ~= < <= > >= has        ("has": the text contains the literal)

local filters = {}

local FIELDS = { host = true, user = true, hour = true, method = true, path = true, status = true, bytes = true, agent = true }

local OPERATORS = {
  ["=="] = function(a, b) return a == b end,
  ["~="] = function(a, b) return a ~= b end,
  ["<"] = function(a, b) return a ~= nil and a < b end,
  ["<="] = function(a, b) return a ~= nil and a <= b end,
  [">"] = function(a, b) return a ~= nil and a > b end,
  [">="] = function(a, b) return a ~= nil and a >= b end,
  has = function(a, b) return a ~= nil and tostring(a):find(tostring(b), 1, true) ~= nil end,
}

local TOKENS = {
  { "^%a+", function(text) return { kind = "word", text = text } end },
  { '^"[^"]*"', function(text) return { kind = "literal", value = text:sub(2, -2), text = text } end },
  { "^%d+", function(text) return { kind = "literal", value = tonumber(text), text = text } end },
  { "^[=~<>]=", function(text) return { kind = "symbol", text = text } end },
  { "^[<>()]", function(text) return { kind = "symbol", text = text } end },
}

local function tokenize(text)
  local tokens, position = {}, 1
  while true do
    position = text:find("%S", position)
    if not position then return tokens end
    local found
    for _, rule in ipairs(TOKENS) do
      found = text:match(rule[1], position)
      if found then
        tokens[#tokens + 1] = rule[2](found)
        position = position + #found
        break
      end
    end
    if not found then error({ message = "cannot read the condition at '" .. text:sub(position) .. "'" }) end
  end
end

local function parse(tokens)
  local position = 1

  local function accept(text)
    local token = tokens[position]
    if token and token.text == text then
      position = position + 1
      return true
    end
    return false
  end

  local function expected(what)
    local token = tokens[position]
    local got = token and ("'" .. token.text .. "'") or "the end"
    error({ message = "condition: " .. what .. " expected, got " .. got })
  end

  local condition

  local function test()
    if accept("not") then
      local inner = test()
      return function(entry) return not inner(entry) end
    end
    if accept("(") then
      local inner = condition()
      if not accept(")") then expected("')'") end
      return inner
    end
    local name, operator, literal = tokens[position], tokens[position + 1], tokens[position + 2]
    if not name or not FIELDS[name.text] then expected("a field") end
    position = position + 1
    local compare = operator and OPERATORS[operator.text]
    if not compare then expected("an operator") end
    position = position + 1
    if not literal or literal.kind ~= "literal" then expected("a number or \"text\"") end
    position = position + 1
    local field, value = name.text, literal.value
    return function(entry) return compare(entry[field], value) end
  end

  local function conjunction()
    local tests = { test() }
    while accept("and") do tests[#tests + 1] = test() end
    if #tests == 1 then return tests[1] end
    return function(entry)
      for _, t in ipairs(tests) do
        if not t(entry) then return false end
      end
      return true
    end
  end

  function condition()
    local left = conjunction()
    if not accept("or") then return left end
    local right = condition()
    return function(entry) return left(entry) or right(entry) end
  end

  local result = condition()
  if tokens[position] then expected("'and', 'or' or the end") end
  return result
end

-- Returns a function from entry to boolean; nil and a message for a malformed condition. No text accepts everything.
function filters.compile(text)
  if not text then
    return function() return true end
  end
  local ok, result = pcall(function() return parse(tokenize(text)) end)
  if ok then return result end
  if type(result) == "table" then return nil, result.message end
  error(result, 0)
end

return filters

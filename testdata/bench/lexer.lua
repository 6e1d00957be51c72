-- bench: group=strings small=45 tiny=3
-- A tokenizer and a calculator: one character at a time by sub and byte, precedence climbing, a stack machine.
local rounds = tonumber(arg[1]) or 450

local function is_digit(c) return c >= "0" and c <= "9" end
local function is_letter(c) return c >= "a" and c <= "z" or c >= "A" and c <= "Z" or c == "_" end

local function tokenize(text)
  local tokens, i, length = {}, 1, #text
  while i <= length do
    local c = text:sub(i, i)
    if c == " " or c == "\n" then
      i = i + 1
    elseif is_digit(c) then
      local start = i
      while i <= length and is_digit(text:sub(i, i)) do i = i + 1 end
      tokens[#tokens + 1] = { kind = "number", value = tonumber(text:sub(start, i - 1)) }
    elseif is_letter(c) then
      local start = i
      while i <= length and (is_letter(text:sub(i, i)) or is_digit(text:sub(i, i))) do i = i + 1 end
      tokens[#tokens + 1] = { kind = "name", value = text:sub(start, i - 1) }
    elseif c == "#" then
      while i <= length and text:byte(i) ~= 10 do i = i + 1 end
    else
      tokens[#tokens + 1] = { kind = c }
      i = i + 1
    end
  end
  tokens[#tokens + 1] = { kind = "end" }
  return tokens
end

local precedence = { ["="] = 1, ["<"] = 2, ["+"] = 3, ["-"] = 3, ["*"] = 4, ["/"] = 4, ["%"] = 4 }

local function parse(tokens)
  local position, code = 1, {}
  local function peek() return tokens[position].kind end
  local function advance()
    position = position + 1
    return tokens[position - 1]
  end
  local expression

  local function primary()
    local token = advance()
    if token.kind == "number" then
      code[#code + 1] = { "push", token.value }
    elseif token.kind == "name" then
      code[#code + 1] = { "load", token.value }
    elseif token.kind == "(" then
      expression(1)
      assert(advance().kind == ")", "')' expected")
    elseif token.kind == "-" then
      primary()
      code[#code + 1] = { "negate" }
    else
      error("unexpected " .. token.kind)
    end
  end

  function expression(minimum)
    primary()
    while (precedence[peek()] or 0) >= minimum do
      local operator = advance().kind
      if operator == "=" then
        local target = table.remove(code)
        expression(1)
        code[#code + 1] = { "store", target[2] }
      else
        expression(precedence[operator] + 1)
        code[#code + 1] = { operator }
      end
    end
  end

  while peek() ~= "end" do
    expression(1)
    assert(advance().kind == ";", "';' expected")
  end
  return code
end

local function run(code, variables)
  local stack, top = {}, 0
  for _, instruction in ipairs(code) do
    local op = instruction[1]
    if op == "push" then
      top = top + 1
      stack[top] = instruction[2]
    elseif op == "load" then
      top = top + 1
      stack[top] = variables[instruction[2]] or 0
    elseif op == "store" then
      variables[instruction[2]] = stack[top]
      top = top - 1
    elseif op == "negate" then
      stack[top] = -stack[top]
    else
      local a, b = stack[top - 1], stack[top]
      top = top - 1
      if op == "+" then
        stack[top] = a + b
      elseif op == "-" then
        stack[top] = a - b
      elseif op == "*" then
        stack[top] = a * b % 65521
      elseif op == "/" then
        stack[top] = b == 0 and 0 or math.floor(a / b)
      elseif op == "%" then
        stack[top] = b == 0 and 0 or a % b
      elseif op == "<" then
        stack[top] = a < b and 1 or 0
      end
    end
  end
  return variables
end

local source = {}
for i = 1, 100 do
  source[#source + 1] = string.format("# line %d\nvalue_%d = (a + %d) * -(b - %d) / (c %% 7 + 1);", i, i, i * 3, i)
  source[#source + 1] = string.format("total = total + value_%d * (a < b) + %d;\na = b + 1; b = c - a * 2; c = c * 3 %% 101;", i, i)
end
source = table.concat(source, "\n")

local sum = 0
for round = 1, rounds do
  local variables = run(parse(tokenize(source)), { a = round, b = 5, c = 17, total = 0 })
  sum = (sum + variables.total) % 1000003
end
local result = string.format("%d", sum)

local expected = { [450] = "137653", [45] = "572715", [3] = "816275" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

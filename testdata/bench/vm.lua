-- bench: group=tables small=320000 tiny=62000
-- A register machine in Lua: instructions as tables, handlers dispatched through a table of functions, and a Brainfuck machine.
local n = tonumber(arg[1]) or 3200000

local handlers = {}

function handlers.set(m, i) m.registers[i.a] = i.b end
function handlers.copy(m, i) m.registers[i.a] = m.registers[i.b] end
function handlers.add(m, i)
  local r = m.registers
  r[i.a] = r[i.b] + r[i.c]
end
function handlers.mul(m, i)
  local r = m.registers
  r[i.a] = r[i.b] * r[i.c] % 1000003
end
function handlers.less(m, i)
  local r = m.registers
  if r[i.a] < r[i.b] then m.pc = i.c end
end
function handlers.store(m, i) m.memory[m.registers[i.a] % 64] = m.registers[i.b] end
function handlers.load(m, i) m.registers[i.a] = m.memory[m.registers[i.b] % 64] or 0 end
function handlers.halt(m) m.running = false end

local function run(program, limit)
  local m = { registers = { 0, 0, 0, 0, 0, limit }, memory = {}, pc = 1, running = true, steps = 0 }
  while m.running do
    local i = program[m.pc]
    m.pc = m.pc + 1
    m.steps = m.steps + 1
    handlers[i.op](m, i)
  end
  return m
end

local machine = run({
  { op = "set", a = 1, b = 1 },
  { op = "set", a = 2, b = 1 },
  { op = "set", a = 3, b = 7 },
  { op = "mul", a = 4, b = 3, c = 2 },
  { op = "store", a = 1, b = 4 },
  { op = "load", a = 5, b = 2 },
  { op = "add", a = 2, b = 4, c = 5 },
  { op = "set", a = 5, b = 1 },
  { op = "add", a = 1, b = 1, c = 5 },
  { op = "less", a = 1, b = 6, c = 4 },
  { op = "copy", a = 5, b = 2 },
  { op = "halt" },
}, n)

local function brainfuck(source)
  local tape, at, pc, out = { [0] = 0 }, 0, 1, {}
  local jumps, stack = {}, {}
  for i = 1, #source do
    local c = source:sub(i, i)
    if c == "[" then
      stack[#stack + 1] = i
    elseif c == "]" then
      local from = table.remove(stack)
      jumps[from], jumps[i] = i, from
    end
  end
  local steps = 0
  while pc <= #source do
    local c = source:sub(pc, pc)
    if c == ">" then
      at = at + 1
      tape[at] = tape[at] or 0
    elseif c == "<" then
      at = at - 1
    elseif c == "+" then
      tape[at] = (tape[at] + 1) % 256
    elseif c == "-" then
      tape[at] = (tape[at] - 1) % 256
    elseif c == "." then
      out[#out + 1] = string.char(tape[at])
    elseif c == "[" then
      if tape[at] == 0 then pc = jumps[pc] end
    elseif c == "]" then
      if tape[at] ~= 0 then pc = jumps[pc] end
    end
    pc = pc + 1
    steps = steps + 1
  end
  return table.concat(out), steps
end

local hello = "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+."
local steps = 0
for _ = 1, n / 4000 do
  local text, count = brainfuck(hello)
  assert(text == "Hello World!", text)
  steps = steps + count
end
local result = string.format("%d %d %d", machine.registers[5], machine.steps, steps)

local expected = { [3200000] = "659966 22399998 721600", [320000] = "991937 2239998 72160", [62000] = "1032706 433998 13530" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

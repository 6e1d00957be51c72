-- bench: group=allocation small=600 tiny=35
-- Incremental one-way constraints with strengths (after DeltaBlue): a graph of objects planned anew on each change.
local n = tonumber(arg[1]) or 6000

local REQUIRED, PREFERRED, NORMAL, WEAK, WEAKEST = 0, 2, 4, 5, 6

local Variable = {}
Variable.__index = Variable

function Variable.new(value)
  return setmetatable({ value = value, constraints = {}, determined_by = nil, strength = WEAKEST, stay = true, mark = 0 },
    Variable)
end

function Variable:add(constraint)
  self.constraints[#self.constraints + 1] = constraint
end

function Variable:remove(constraint)
  for i, c in ipairs(self.constraints) do
    if c == constraint then
      table.remove(self.constraints, i)
      break
    end
  end
  if self.determined_by == constraint then self.determined_by = nil end
end

local Planner = { mark = 0 }

function Planner:next_mark()
  self.mark = self.mark + 1
  return self.mark
end

local Constraint = {}
Constraint.__index = Constraint

local function class(parent)
  local c = setmetatable({}, { __index = parent })
  c.__index = c
  return c
end

function Constraint:install()
  for _, v in ipairs(self.variables) do v:add(self) end
  self.output = nil
  Planner:incremental_add(self)
end

function Constraint:destroy()
  if self.output then Planner:incremental_remove(self) end
  for _, v in ipairs(self.variables) do v:remove(self) end
end

function Constraint:satisfied() return self.output ~= nil end

function Constraint:inputs_known(mark)
  for _, v in ipairs(self.variables) do
    if v ~= self.output and not (v.mark == mark or v.stay or v.determined_by == nil) then return false end
  end
  return true
end

function Constraint:choose(mark)
  self.output = nil
  local best = nil
  for i = 1, self.outputs do
    local v = self.variables[i]
    if v.mark ~= mark and v.strength > self.strength then
      if not best or v.strength > best.strength then best = v end
    end
  end
  self.output = best
end

function Constraint:satisfy(mark)
  self:choose(mark)
  if not self.output then
    assert(self.strength ~= REQUIRED, "could not satisfy a required constraint")
    return nil
  end
  for _, v in ipairs(self.variables) do
    if v ~= self.output then v.mark = mark end
  end
  local out = self.output
  local overridden = out.determined_by
  if overridden then overridden.output = nil end
  out.determined_by = self
  Planner:propagate(self, mark)
  out.mark = mark
  return overridden
end

function Constraint:recalculate()
  local out = self.output
  local strength, stay = self.strength, not self.is_input
  for _, v in ipairs(self.variables) do
    if v ~= out then
      if v.strength > strength then strength = v.strength end
      stay = stay and v.stay
    end
  end
  out.strength, out.stay = strength, stay
  if stay then self:execute() end
end

function Constraint:execute() end

local Edit = class(Constraint)
Edit.is_input = true

local Stay = class(Constraint)

local function unary(kind, variable, strength)
  local c = setmetatable({ variables = { variable }, outputs = 1, strength = strength }, kind)
  c:install()
  return c
end

local Equal = class(Constraint)

function Equal:execute()
  local a, b = self.variables[1], self.variables[2]
  if self.output == b then b.value = a.value else a.value = b.value end
end

local Scale = class(Constraint)

function Scale:execute()
  local v = self.variables
  local a, b, scale, offset = v[1], v[2], v[3], v[4]
  if self.output == b then
    b.value = a.value * scale.value + offset.value
  else
    a.value = (b.value - offset.value) / scale.value
  end
end

local function connect(kind, ...)
  local c = setmetatable({ variables = { ... }, outputs = 2, strength = REQUIRED }, kind)
  c:install()
  return c
end

function Planner:incremental_add(constraint)
  local mark = self:next_mark()
  local overridden = constraint:satisfy(mark)
  while overridden do overridden = overridden:satisfy(mark) end
end

function Planner:incremental_remove(constraint)
  local out = constraint.output
  constraint.output = nil
  constraint.strength_before = constraint.strength
  local unsatisfied = self:propagate_removal(out, constraint)
  for strength = REQUIRED, WEAKEST do
    for _, c in ipairs(unsatisfied) do
      if c.strength == strength and not c:satisfied() then self:incremental_add(c) end
    end
  end
end

function Planner:consumers(variable, into)
  for _, c in ipairs(variable.constraints) do
    if c ~= variable.determined_by and c:satisfied() then into[#into + 1] = c end
  end
end

function Planner:propagate(constraint, mark)
  local todo = { constraint }
  while #todo > 0 do
    local c = table.remove(todo)
    assert(c.output.mark ~= mark, "cycle of constraints")
    c:recalculate()
    self:consumers(c.output, todo)
  end
end

function Planner:propagate_removal(out, removed)
  out.determined_by, out.strength, out.stay = nil, WEAKEST, true
  local unsatisfied, todo = {}, { out }
  while #todo > 0 do
    local v = table.remove(todo)
    for _, c in ipairs(v.constraints) do
      if c ~= removed and not c:satisfied() then unsatisfied[#unsatisfied + 1] = c end
    end
    local next_ones = {}
    self:consumers(v, next_ones)
    for _, c in ipairs(next_ones) do
      c:recalculate()
      todo[#todo + 1] = c.output
    end
  end
  return unsatisfied
end

function Planner:plan(sources)
  local mark = self:next_mark()
  local plan, todo = {}, {}
  for _, c in ipairs(sources) do
    if c.is_input and c:satisfied() then todo[#todo + 1] = c end
  end
  while #todo > 0 do
    local c = table.remove(todo)
    if c.output.mark ~= mark and c:inputs_known(mark) then
      plan[#plan + 1] = c
      c.output.mark = mark
      self:consumers(c.output, todo)
    end
  end
  return plan
end

local function execute(plan)
  for _, c in ipairs(plan) do c:execute() end
end

local function change(variable, value)
  local edit = unary(Edit, variable, PREFERRED)
  local plan = Planner:plan({ edit })
  for _ = 1, 10 do
    variable.value = value
    execute(plan)
  end
  edit:destroy()
end

local function chain(length)
  local variables = {}
  for i = 1, length do
    variables[i] = Variable.new(0)
    if i > 1 then connect(Equal, variables[i - 1], variables[i]) end
  end
  local first, last = variables[1], variables[length]
  unary(Stay, last, NORMAL)
  local edit = unary(Edit, first, PREFERRED)
  local plan = Planner:plan({ edit })
  for value = 1, 50 do
    first.value = value
    execute(plan)
    assert(last.value == value, "chain broken")
  end
  edit:destroy()
  return last.value
end

local function projection(count)
  local scale, offset = Variable.new(10), Variable.new(1000)
  local source, target, destinations = nil, nil, {}
  unary(Stay, scale, REQUIRED + 1)
  unary(Stay, offset, REQUIRED + 1)
  for i = 1, count do
    source, target = Variable.new(i), Variable.new(i)
    destinations[i] = target
    unary(Stay, source, WEAK)
    connect(Scale, source, target, scale, offset)
  end
  change(source, 17)
  assert(target.value == 1170, "projection 1 failed")
  change(target, 1050)
  assert(source.value == 5, "projection 2 failed")
  local sum = 0
  for _, v in ipairs(destinations) do sum = sum + v.value end
  return sum
end

local sum = 0
for i = 1, n do
  sum = (sum + chain(10 + i % 20) + projection(5 + i % 10)) % 1000003
end
local result = string.format("%d", sum)

local expected = { [6000] = "269820", [600] = "26982", [35] = "343300" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=calls small=1600 tiny=220
-- A state machine of mutually tail-calling functions, and one that looks states up in a table.
local rounds = tonumber(arg[1]) or 16000

local tape = {}
local seed = 5
for i = 1, 2000 do
  seed = (seed * 16807) % 2147483647
  tape[i] = seed % 3
end

local idle, running, waiting

function idle(i, energy)
  local symbol = tape[i]
  if symbol == nil then return energy end
  if symbol == 0 then return idle(i + 1, energy) end
  if symbol == 1 then return running(i + 1, energy + 1) end
  return waiting(i + 1, energy)
end

function running(i, energy)
  local symbol = tape[i]
  if symbol == nil then return energy end
  if symbol == 2 then return waiting(i + 1, energy - 1) end
  return running(i + 1, energy + symbol)
end

function waiting(i, energy)
  local symbol = tape[i]
  if symbol == nil then return energy end
  if symbol == 0 then return idle(i + 1, energy) end
  if symbol == 1 then return waiting(i + 1, energy) end
  return running(i + 1, energy + 2)
end

local transitions = {
  idle = { [0] = "idle", [1] = "running", [2] = "waiting" },
  running = { [0] = "running", [1] = "running", [2] = "waiting" },
  waiting = { [0] = "idle", [1] = "waiting", [2] = "running" },
}

local function count_states()
  local state, visits = "idle", { idle = 0, running = 0, waiting = 0 }
  for _, symbol in ipairs(tape) do
    state = transitions[state][symbol]
    visits[state] = visits[state] + 1
  end
  return visits
end

local sum = 0
for i = 1, rounds do
  sum = sum + idle(i % 10 + 1, 0)
  local visits = count_states()
  sum = sum + visits.running - visits.waiting + visits.idle
end
local result = string.format("%d", sum)

local expected = { [16000] = "18625600", [1600] = "1862560", [220] = "256102" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)

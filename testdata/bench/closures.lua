-- bench: group=calls small=350000 tiny=23000
-- Closures made in loops: counters with shared upvalues, composition, currying.
local n = tonumber(arg[1]) or 3500000

local function counter(start)
  local count = start
  local function step(by)
    count = count + by
    return count
  end
  local function reset()
    local last = count
    count = start
    return last
  end
  return step, reset
end

local function compose(f, g)
  return function(x) return g(f(x)) end
end

local function adder(a)
  return function(b) return a + b end
end

local sum = 0
for i = 1, n do
  local step, reset = counter(i)
  step(2)
  step(3)
  sum = (sum + reset()) % 1000003
  local both = compose(adder(i), step)
  sum = (sum + both(1)) % 1000003
  if i % 16 == 0 then
    local handlers = {}
    for k = 1, 8 do
      handlers[k] = function(v) return v * k + i end
    end
    for k = 1, 8 do sum = (sum + handlers[k](k)) % 1000003 end
  end
end
local result = string.format("%d", sum)

local expected = { [3500000] = "562440", [350000] = "844354", [23000] = "212854" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- Traces that are freed one by one while others are made: many loops, little room, and all of them run again and again.
-- modes: -aot
jit.opt.start("hotloop=2", "hotexit=2", "maxtrace=8")
local functions = {}
for k = 1, 40 do
  functions[k] = loadstring("local n, odd = ... local s = 0 for i = 1, n do if i % 2 == odd then s = s + i else s = s - " .. k .. " end end return s")
end
local sum = 0
for round = 1, 6 do
  for k = 1, #functions do sum = sum + functions[k](20 + k, round % 2) end
  -- Loops that call each other, so that traces jump to traces.
  for k = 1, #functions - 1 do
    for i = 1, 6 do sum = sum + functions[k](i, 0) + functions[k + 1](i, 1) end
  end
end
print(sum)
local util = require "jit.util"
local traces = 0
for number = 1, 100 do if util.traceinfo(number) then traces = traces + 1 end end
assert(traces <= 8, traces)
print "at most eight"

-- Functions that are freed with their traces' names; others get their addresses.
jit.opt.start("maxtrace=1000")
local total = 0
for round = 1, 30 do
  local f = loadstring("local n = ... local s = 0 for i = 1, n do s = s + i * " .. round .. " end return s")
  total = total + f(50)
  f = nil
  if round % 3 == 0 then jit.flush() collectgarbage() end
end
print(total)

-- Flushing from below compiled code: callbacks of a builtin that a trace calls.
local function flushing(n)
  local x = 0
  for i = 1, n do
    local s = string.gsub("abc", "b", function(c) if i % 50 == 0 then jit.flush() collectgarbage() end return c .. i end)
    x = x + #s
  end
  return x
end
print(flushing(300))
-- A trace that other traces jump to is flushed by its number.
local function inner(n) local s = 0 for i = 1, n do s = s + i end return s end
local function outer(n) local s = 0 for i = 1, n do s = s + inner(20) end return s end
print(outer(60))
for number = 1, 20 do jit.flush(number) print(outer(5)) if number % 5 == 0 then jit.flush(number) end end
-- A function that must not be compiled any more, behind a hot exit.
local function never(x) return x * 2 end
local function mixed(n) local s = 0 for i = 1, n do if i % 3 == 0 then s = s + never(i) else s = s + 1 end end return s end
print(mixed(10)) jit.off(never) print(mixed(200)) jit.on(never) print(mixed(200))
--> -94062
--> at most eight
--> 592875
--> 1692
--> 12600
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 1050
--> 43
--> 13400
--> 13400

-- bench: group=calls small=1400000 tiny=850000
-- A script in the style of a small configuration or game script: global state, global functions, multiple assignment.
steps = tonumber(arg[1]) or 14000000

x, y, heading = 0, 0, 0
energy, bumps, turns, idle = 100, 0, 0, 0
done = false
last = nil
limit = 10
mode = "walk"

function forward(distance)
  if heading == 0 then
    y = y + distance
  elseif heading == 1 then
    x = x + distance
  elseif heading == 2 then
    y = y - distance
  else
    x = x - distance
  end
  energy = energy - distance
end

function turn()
  heading = (heading + 1) % 4
  turns = turns + 1
end

function outside()
  return x > limit or x < -limit or y > limit or y < -limit
end

function rest()
  idle = idle + 1
  energy = energy + 5
  if energy > 100 then mode = "walk" end
end

for i = 1, steps do
  if mode == "walk" then
    forward(i % 3)
    if outside() then
      bumps = bumps + 1
      forward(-2)
      turn()
      last = i
    elseif i % 11 == 0 then
      turn()
    end
    if energy <= 0 then mode = "rest" end
  elseif not done then
    rest()
  end
  done = last == nil and i > 1000
end
result = string.format("%d %d %d %d %d %d", x, y, energy, bumps, turns, idle)

local expected = { [14000000] = "-2 -5 50 27672 1069832 2324101", [1400000] = "-2 2 79 2769 106984 232407", [850000] = "-5 2 60 1683 64956 141099" }
assert(result == (expected[steps] or result), "wrong result: " .. result)
print(result)

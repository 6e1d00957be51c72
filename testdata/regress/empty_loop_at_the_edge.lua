-- A loop without a body, hot, whose last index is the least integer: its exit is the place where its body would begin.
local rounds = 0
for i = 1, 40 do
  for j = -2147483648 + 3, -2147483648, -1 do
  end
  for j = 2147483647 - 3, 2147483647 do
  end
  for j = 1, 3 do end
  rounds = rounds + i
end
print(rounds)
--> 820

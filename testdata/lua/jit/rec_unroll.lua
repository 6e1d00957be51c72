-- Many short inner loops in one branch: a recording that would unroll more than it may is given up.
jit.opt.start("hotloop=4", "hotexit=2")
local out = {}
local function puts(...)
  local args, n = { ... }, #out
  for i = 1, #args do n = n + 1 out[n] = args[i] end
end
local function sum(t)
  local s = 0
  for _, v in ipairs(t) do s = s + v end
  for k, v in pairs(t) do s = s + k * v end
  local i = #t
  while i > 0 do s = s - t[i] i = i - 1 end
  repeat i = i + 1 s = s + i until i >= 2
  return s
end
local total = 0
for round = 1, 300 do
  if round % 3 == 0 then
    for k = 1, 9 do puts(round, k) total = total + sum({ k, round }) end
    puts("a", "b", "c") puts("d") puts("e", round) puts("f", "g") puts(round) puts("h", "i", "j")
    puts("k") puts("l") puts("m") puts("n", "o") puts("p") puts("q", "r") puts("s") puts("t", "u")
    total = total + sum({ 1 }) + sum({ 1, 2 }) + sum({ round }) + sum({ 3, 2, 1 }) + sum({ round, 1 })
  else
    total = total + sum({ round })
  end
end
print(#out, total, table.concat(out, " ", #out - 40))
-- errors in what was unrolled leave all frames as they were
local function check(t, n)
  for i = 1, #t do if t[i] > n then error("at " .. i .. " of " .. n, 0) end end
  return n
end
local good, bad = 0, {}
for round = 1, 200 do
  local ok, why = pcall(function()
    local s = 0
    if round > 50 then
      for k = 1, 20 do s = s + check({ 1, 2, k > 18 and round % 40 == 0 and 999 or 3 }, 300) end
    end
    return s
  end)
  if ok then good = good + why else bad[#bad + 1] = why end
end
print(good, table.concat(bad, ";"))
--> 4100	344100	300 1 300 2 300 3 300 4 300 5 300 6 300 7 300 8 300 9 a b c d e 300 f g 300 h i j k l m n o p q r s t u
--> 876000	at 3 of 300;at 3 of 300;at 3 of 300;at 3 of 300

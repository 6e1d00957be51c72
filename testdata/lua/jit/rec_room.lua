-- The check for room of a side trace leaves with the state at its entry, whatever its first guard assumes.
jit.opt.start("hotloop=2", "hotexit=2")
local function three(k) return k * 3 end
local function two(k, a, b, c, d, e) return three(k) + 1 end
local function one(k, a, b, c, d, e, f) return two(k) + two(k + 1) end

local function pick(k)
  if k == 1 then return 1 end
  if k == 2 then return 2 end
  if k == 3 then return -1 end
  return one(k) + one(k + 1) + k
end

-- Each call begins at another height of a fresh stack, so some of them find too little room.
local function at_height(n, k)
  if n == 0 then return (pick(k)) end
  return (at_height(n - 1, k))
end

local wrong = 0
for round = 1, 4 do
  for n = 0, 120 do
    for k = 1, 5 do
      local want = k < 3 and k or k == 3 and -1 or 13 * k + 16
      local co = coroutine.wrap(function() return at_height(n, k) end)
      if co() ~= want then wrong = wrong + 1 end
    end
  end
end
print(wrong)
--> 0

-- Closures that capture variables in every order, some of which are open already: above, between and below those that are new.
local function both(f, g) return function() return f() + g() end end
local sum, kept = 0, {}
for i = 1, 400 do
  local a, b, c = i, i * 2, i * 3
  local low = function() return a end
  local high = function() return c end
  -- Below a variable that is open, and between two that are.
  local middle = function() return b end
  local all = function() a = a + 1 b = b + 1 c = c + 1 return a + b + c end
  local pair = function(x) c = c + x return b end
  sum = sum + all() + low() + middle() + high() + pair(i % 5)
  if i % 100 == 0 then kept[#kept + 1] = both(all, pair and low) kept[#kept + 1] = function() return pair(1) + c end end
end
print(sum)
for _, f in ipairs(kept) do io.write(f(), " ") end
print()

-- A variable of the outer loop is open while variables of the inner one come and go above it.
local text = {}
for i = 1, 100 do
  local shared, fs = i, {}
  for k = 1, 8 do
    fs[k] = function(v) shared = shared + 1 return v * k + shared end
  end
  local last = function() shared = shared * 2 return shared end
  for k = 1, 8 do sum = sum + fs[k](k) end
  sum = sum + last()
  if i % 25 == 0 then text[#text + 1] = fs[3](i) + last() end
end
print(sum, table.concat(text, " "))

-- Frames above each other: what the upper one captures is closed before the lower one goes on.
local function deep(n, up)
  local here = n
  local get = function() return here + up() end
  if n == 0 then return get() end
  local r = deep(n - 1, get)
  here = here + r % 3
  return get()
end
sum = 0
for i = 1, 200 do sum = sum + deep(i % 6, function() return i end) end
print(sum)

-- Collections under way: what is closed meanwhile keeps its value, objects too.
local made, check = {}, 0
for i = 1, 3000 do
  local box, n = { i, { i + 1 } }, 0
  local function get() n = n + 1 return box end
  local function put(v) box = v end
  if i % 3 == 0 then put({ i * 2, { i } }) end
  made[i % 64 + 1] = get
  if i % 7 == 0 then collectgarbage("step", 1) end
  local other = made[(i * 31) % 64 + 1]
  if other then check = check + other()[2][1] % 11 end
end
collectgarbage()
for _, f in ipairs(made) do check = check + f()[1] + f()[2][1] end
print(check)

-- In a coroutine each time anew: its list of open variables begins empty.
local co = coroutine.wrap(function()
  local total = 0
  for i = 1, 300 do
    local x, y = i, -i
    local f = function() x = x + 1 return x + y end
    if i % 50 == 0 then coroutine.yield(total) collectgarbage() end
    local g = function() y = y - 1 return x * 2 + y end
    total = total + f() + g() + f()
  end
  return total
end)
local seen = {}
for i = 1, 7 do seen[i] = co() end
print(table.concat(seen, " "))
--> 1125600
--> 708 505 1408 1005 2108 1505 2808 2005 
--> 1201700	276 501 726 951
--> 20799
--> 460176
--> 1372 5247 11622 20497 31872 45747 46050

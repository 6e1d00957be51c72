-- Closures that share closed variables and are needed only where a trace is left: side traces take them over.
local function pair(i)
  local v = i
  local function get() return v end
  local function set(x) v = x end
  return get, set
end
local sum, kept = 0, {}
for i = 1, 2000 do
  local get, set = pair(i)
  set(get() + 1)
  if i % 2 == 0 then
    if i % 4 == 0 then
      set(get() * 2)
      kept[#kept + 1] = get
    else
      kept[#kept + 1] = set
      sum = sum - get()
    end
  end
  sum = sum + get()
end
print(sum, #kept)
for i, f in ipairs(kept) do sum = sum + (f(i) or 0) end
print(sum)
-- Three closures over two variables; one variable was made twice.
local function three(i)
  local a, b = i, tostring(i % 10)
  local function first() a = a + 1 return a end
  local function second() return a .. b end
  local function third(x) b = x return a end
  return first, second, third
end
local text, out = "", {}
for i = 1, 2000 do
  local f, g, h = three(i)
  f()
  if i % 3 == 0 then
    h("x")
    if i % 5 == 0 then
      f()
      out[#out + 1] = g
    end
    f()
  elseif i % 7 == 0 then
    out[#out + 1] = h
    f()
  end
  text = g()
end
print(text, #out)
local n = 0
for _, f in ipairs(out) do n = n + #tostring(f("longer")) end
print(n)
-- Shared variables of different frames, and a table that holds the closures.
local function object(i)
  local state, calls = i, 0
  local self = {
    add = function(d) state = state + d calls = calls + 1 end,
    get = function() return state, calls end,
  }
  local function reset() state = 0 end
  return self, reset
end
local objects, total = {}, 0
for i = 1, 2000 do
  local o, reset = object(i)
  o.add(1)
  if i % 2 == 1 then
    o.add(2)
    if i % 11 == 0 then
      reset()
      o.add(i)
      objects[#objects + 1] = o
    end
  elseif i % 13 == 0 then
    objects[#objects + 1] = o
    objects[#objects + 1] = { get = function() reset() return o.get() end }
  end
  local s, c = o.get()
  total = total + s * c
end
print(total, #objects)
for _, o in ipairs(objects) do
  local s, c = o.get()
  total = total + s + c
end
print(total)
--> 2004000	1000
--> 3007000
--> 20010	323
--> 1248
--> 3098545	243
--> 3266213

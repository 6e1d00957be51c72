-- Closures made in hot loops: called and forgotten, kept by exits, shared variables, upvalues closed on the way, errors inside.
local s = 0
for i = 1, 300 do
  local function f(x) return x + i end
  s = s + f(2)
end
print("called", s)

local function counter(c) return function(d) c = c + d return c end end
local list, n = {}, 0
for i = 1, 300 do
  local f = counter(i)
  n = n + f(1)
  if i % 50 == 0 then list[#list + 1] = f n = n + f(3) end
end
print("counters", n, #list, list[1](0), list[1](1), list[6](2), list[6](0))

-- Two closures over one slot: an exit makes them share it; open first, then closed.
local kept = {}
for i = 1, 300 do
  local a, b = i, i * 2
  local function get() return a + b end
  local function set(v) a = v end
  set(get() + 1)
  if i % 100 == 0 then
    local before = get()
    kept[#kept + 1] = { get = get, set = set, before = before, same = debug.upvalueid(get, 1) == debug.upvalueid(set, 1),
      other = debug.upvalueid(get, 2) ~= debug.upvalueid(set, 1) }
    a = a + 1
    kept[#kept].after = get()
  end
end
for i, k in ipairs(kept) do
  k.set(i)
  print("shared", k.before, k.after, k.same, k.other, k.get(), debug.getupvalue(k.get, 1), debug.getupvalue(k.get, 2))
end

-- Variables from outside of the loop stay open over its rounds.
local x, first = 0, nil
for i = 1, 300 do
  local inc = function(d) x = x + d end
  local get = function() return x end
  inc(i)
  if i == 150 then first = get end
  if i == 250 then x = -get() end
end
print("outside", x, first())
x = 5
print(first())

-- Each round has a variable of its own.
local rounds = {}
for i = 1, 200 do
  local v = i
  local f = function() v = v + 1 return v end
  f()
  if i > 197 then rounds[#rounds + 1] = f end
end
print("rounds", rounds[1](), rounds[1](), rounds[2](), rounds[3]())

-- Errors in closures that were never made: names, lines, locals of their frames.
local function trace(e) return debug.traceback(e, 2) end
local function thrower(limit)
  local total = 0
  for i = 1, 200 do
    local add = function(v)
      if v > limit then error("too much: " .. v) end
      total = total + v
    end
    add(i)
  end
  return total
end
local function plain(e) return (tostring(e):gsub("[^%s<]*closures.lua", "closures.lua"):gsub("%s*%[C%]: in function 'xpcall'.*", "")) end
print(pcall(thrower, 1000))
print(plain(select(2, pcall(thrower, 150))))
print(plain(select(2, xpcall(thrower, trace, 120))))

-- A closure in a slot of a frame that an exit leaves: debug.getlocal finds it.
local found
for i = 1, 200 do
  local me = function() return i end
  if i == 180 then
    local k = 1
    while true do
      local name, value = debug.getlocal(1, k)
      if not name then break end
      if name == "me" then found = value end
      k = k + 1
    end
    print("local", found == me, found(), debug.getupvalue(me, 1))
  end
  s = s + me()
end
print(s, found())

-- Nested: parents that were not made either.
local function adder(a) return function(b) return function(c) a = a + 1 return a * 10000 + b * 100 + c end end end
local last, sum = nil, 0
for i = 1, 200 do
  local inner = adder(i)(2)
  sum = sum + inner(3)
  if i % 90 == 0 then last = inner end
end
print("nested", sum, last(4), last(4))

-- Closures that hold tables, tables that hold closures, closures that hold themselves.
local object
for i = 1, 200 do
  local state = { n = i }
  local o = { inc = function() state.n = state.n + 1 return state.n end, get = function() return state.n end }
  o.inc()
  if i == 199 then object = o end
  local function fac(k) return k < 2 and 1 or k * fac(k - 1) end
  s = s + fac(3) + o.get()
end
print("objects", s, object.inc(), object.get())

-- Coroutines: closures over locals of a suspended frame.
local co = coroutine.wrap(function()
  local acc = 0
  for i = 1, 200 do
    local add = function(v) acc = acc + v return acc end
    add(i)
    if i % 60 == 0 then coroutine.yield(add) end
  end
  return function() return acc end
end)
local f1, f2, f3 = co(), co(), co()
print("coroutine", f1(0), f2(1), f3(1), co()(), f1(0))

-- Environments, varargs, functions as arguments.
local function map(t, f) local r = {} for k = 1, #t do r[k] = f(t[k]) end return r end
local out
for i = 1, 200 do out = map({ 1, 2, 3 }, function(v) return v * i end) end
print("map", out[1], out[2], out[3])
local function pack(...)
  local a, b = ...
  return function() return a, b end
end
local p, q = 0, 0
for i = 1, 200 do
  local a, b = pack(i, -i)()
  p, q = p + a, q + b
end
print("varargs", p, q)
y = 3
for i = 1, 200 do
  local f = function() y = y + 1 return y end
  f()
end
print("global", y)
-- A break out of the round closes, too.
local broken
for i = 1, 200 do
  local z = i
  local f = function() z = z + 1 return z end
  if f() == 190 then broken = f break end
end
print("break", broken(), broken())
-- Joined upvalues: what was known of a closure holds no more.
local function joined(i)
  local a, b = i, 100
  local f = function() return a end
  local g = function() return b end
  if i > 150 then debug.upvaluejoin(f, 1, g, 1) end
  b = b + 1
  return f()
end
local j = 0
for i = 1, 200 do j = j + joined(i) end
print("joined", j)
--> called	45750
--> counters	46524	6	54	55	306	306
--> shared	501	502	true	true	201	a	b	200
--> shared	1001	1002	true	true	402	a	b	400
--> shared	1501	1502	true	true	603	a	b	600
--> outside	-17600	-17600
--> 5
--> rounds	200	201	201	202
--> true	20100
--> closures.lua:67: too much: 151
--> closures.lua:67: too much: 121
--> stack traceback:
--> 	closures.lua:67: in function 'add'
--> 	closures.lua:70: in function <closures.lua:63>
--> local	true	180	i	180
--> 65850	180
--> nested	203040600	1820204	1830204
--> objects	87350	201	201
--> coroutine	16290	16291	16292	20102	20102
--> map	200	400	600
--> varargs	20100	-20100
--> global	203
--> break	191	192
--> joined	16375

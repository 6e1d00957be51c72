-- Callbacks of table.foreach and table.foreachi yield, fail, nest and end the loop, as any Lua function called by Lua does.
local yield = coroutine.yield
local function gather(f, ...)
  local co, out = coroutine.create(f), {}
  local r = { coroutine.resume(co, ...) }
  while coroutine.status(co) ~= "dead" do
    out[#out + 1] = tostring(r[2]) .. "=" .. tostring(r[3])
    r = { coroutine.resume(co, #out) }
  end
  print(table.concat(out, " "), unpack(r))
end
local t = { "a", "b", "c", x = 1 }
gather(function() return table.foreachi(t, function(i, v) yield(i, v) end) end)
gather(function() return table.foreach(t, function(k, v) yield(k, v) end) end)
gather(function() return table.foreachi(t, function(i, v) return yield(i, v) == 2 and "stop" or nil, "dropped" end) end)
gather(function() return table.foreach(t, function(k, v) return yield(k, v) == 3 and false or nil end) end)
gather(function() return (table.foreach(t, yield)) end)
gather(function() return table.foreachi({ 10, 20 }, function(i, v) table.foreachi(t, function(j, w) yield(v, w) end) end) end)
-- The callee is the loop itself: each value is a function or table for the next.
local chain = { [{ [{ deep = 1 }] = function(k, v) yield("deep", v) return v end }] = table.foreach }
gather(function() return table.foreach(chain, function(k, v) return table.foreach(k, function(k2, f) return table.foreach(k2, function(...) f(...) end) end) end) end)
gather(function() return table.foreach(chain, table.foreach) end)
local long = function(k, v) return v end
for i = 1, 3000 do long = { [type(long) == "function" and { last = i } or long] = i == 1 and long or table.foreach } end
print(pcall(table.foreach, long, table.foreach))
-- Errors, with and without a protected call in between.
print(pcall(table.foreachi, t, function(i) if i == 2 then error("second", 0) end end))
gather(function() return pcall(table.foreach, t, function(k, v) yield(k) if k == 3 then error("third", 0) end end) end)
gather(function() table.foreachi(t, function(i, v) yield(i) error("lost " .. v, 0) end) end)
print(select("#", table.foreach({}, print)), select("#", table.foreachi({}, print)), select("#", table.foreach(t, function() end)))
print(pcall(table.foreach, t), pcall(table.foreachi, 1, print))
-- The length is taken once; what the callback adds behind it is not visited.
local grow = { 1, 2 }
table.foreachi(grow, function(i, v) grow[#grow + 1] = v print(i, v) end)
-- Extra arguments are ignored, also many; results beyond the first are dropped.
print(table.foreachi(t, function(i, v) return i, v end, unpack({}, 1, 100)))
-- The stack moves under the loop, and the collector runs in it.
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
print(table.foreachi({ 100, 5000, 20 }, function(i, v) if deep(v) ~= v then return "wrong" end collectgarbage() end))
print(table.foreachi({ 1 }, function() return unpack({}, 1, 5000) end))
print(table.foreachi({ 1 }, function() return select("#", unpack({}, 1, 5000)) end))
-- What is below the callback is the loop, without a line.
table.foreachi({ 1 }, function() local i = debug.getinfo(2, "Sl") print(i and i.currentline ~= nil, debug.getinfo(1, "S").what) end)
--> 1=a 2=b 3=c	true
--> 1=a 2=b 3=c x=1	true
--> 1=a 2=b	true	stop
--> 1=a 2=b 3=c x=1	true
--> 1=a	true	1
--> 10=a 10=b 10=c 20=a 20=b 20=c	true
--> deep=1	true
--> deep=1	true	1
--> true	1
--> false	second
--> 1=nil 2=nil 3=nil	true	false	third
--> 1=nil	false	lost a
--> 0	0	0
--> false	false	bad argument #1 to '?' (table expected, got number)
--> 1	1
--> 2	2
--> 1
-->
-->
--> 5000
--> true	Lua

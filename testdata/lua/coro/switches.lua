-- Every number of values through every kind of call that waits for them: a statement, fixed results, all of them, a tail call.
local function take(kind, f, ...)
  local a, b, c = "a", "b", "c"
  if kind == 0 then f(...) return a, b, c
  elseif kind == 1 then a = f(...) return a, b, c
  elseif kind == 2 then a, b = f(...) return a, b, c
  elseif kind == 3 then a, b, c = f(...) return a, b, c
  elseif kind == 4 then return "all", f(...)
  elseif kind == 5 then return #{ n = 1, f(...) }, (f(...))
  end
  return f(...)
end
local function show(...) local t = { n = select("#", ...), ... } for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, " ") end
local function body(kind) return function(...) local n = select("#", ...) while true do n = show(take(kind, coroutine.yield, n, "<", ">")) end end end
for kind = 0, 6 do
  local lines = {}
  for there = 0, 6 do
    local co, wrapped = coroutine.create(body(there)), coroutine.wrap(body(there))
    lines[1] = "" lines[#lines + 1] = show(take(kind, coroutine.resume, co)) lines[#lines + 1] = show(take(kind, wrapped))
    for n = 0, 4 do
      lines[#lines + 1] = show(take(kind, coroutine.resume, co, unpack({ 1, 2, 3, 4 }, 1, n)))
      lines[#lines + 1] = show(take(kind, wrapped, unpack({ 5, 6, 7, 8 }, 1, n)))
    end
  end
  print(kind, table.concat(lines, "|"))
end
-- Fewer values than wanted, in slots that held others; more than there are slots at first.
local none = coroutine.wrap(function() while true do coroutine.yield() end end)
for i = 1, 3 do local a, b, c, d = i, i, i, i a, b, c, d = none() print(a, b, c, d) end
local many = {} for i = 1, 240 do many[i] = i end
local co = coroutine.create(function(...) while true do coroutine.yield(select("#", coroutine.yield(unpack(many)))) end end)
for i = 1, 3 do print(select("#", coroutine.resume(co)), (select(2, coroutine.resume(co, unpack(many))))) end
local function deep(n) if n == 0 then return select("#", coroutine.yield(unpack(many))) end return (deep(n - 1)) end
co = coroutine.create(deep) print(select(241, coroutine.resume(co, 300)), coroutine.resume(co, unpack(many)))
-- Waits in frames that no call of Lua code made.
co = coroutine.create(function() return "end", pcall(coroutine.yield, "in pcall") end) print(coroutine.resume(co)) print(coroutine.resume(co, 1, 2))
co = coroutine.create(coroutine.yield) print(coroutine.resume(co, 1)) print(coroutine.resume(co, 2)) print(coroutine.resume(co))
co = coroutine.wrap(function() local t = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end, __add = coroutine.yield }) return t.x, t + 1, t.y end)
print(co()) print(type(co(1))) print(co(2)) print(co(3))
print(pcall(coroutine.wrap(function() coroutine.yield(7) end))) print(("abc"):gsub("%w", coroutine.wrap(function(c) while true do c = coroutine.yield(c .. c) end end)))
-- Itself, its resumer, and one that has ended.
co = coroutine.create(function() local me = coroutine.running() print(coroutine.resume(me)) print(coroutine.wrap(function() return coroutine.status(me), coroutine.resume(me) end)()) coroutine.yield() end)
print(coroutine.resume(co)) print(coroutine.resume(co)) print(coroutine.resume(co)) print(pcall(coroutine.resume)) print(pcall(coroutine.resume, 1))
-- Stacks that move while another one runs.
local function grow(n) if n > 0 then return 1 + grow(n - 1) end return 0 end
local out = {} co = coroutine.wrap(function(x) for i = 1, 5 do x = coroutine.yield(x + grow(i * 40)) end return "over" end)
for i = 1, 6 do out[i] = tostring(co(i)) grow(i * 60) end print(table.concat(out, " "))
--> 0	|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c|a b c
--> 1	|true b c|0 b c|true b c|a b c b c|true b c|a b c b c|true b c|a b c b c|true b c|a b c b c|true b c|a b c b c|true b c|0 b c|true b c|nil b c b c|true b c|5 b c b c|true b c|5 b c b c|true b c|5 b c b c|true b c|5 b c b c|true b c|0 b c|true b c|nil nil c b c|true b c|5 nil c b c|true b c|5 6 c b c|true b c|5 6 c b c|true b c|5 6 c b c|true b c|0 b c|true b c|nil nil nil b c|true b c|5 nil nil b c|true b c|5 6 nil b c|true b c|5 6 7 b c|true b c|5 6 7 b c|true b c|0 b c|true b c|all b c|true b c|all 5 b c|true b c|all 5 6 b c|true b c|all 5 6 7 b c|true b c|all 5 6 7 8 b c|true b c|0 b c|true b c|0 b c|true b c|0 5 b c|true b c|0 5 b c|true b c|2 5 b c|true b c|2 5 b c|true b c|0 b c|true b c| b c|true b c|5 b c|true b c|5 6 b c|true b c|5 6 7 b c|true b c|5 6 7 8 b c
--> 2	|true 0 c|0 < c|true a b c c|a b c < c|true a b c c|a b c < c|true a b c c|a b c < c|true a b c c|a b c < c|true a b c c|a b c < c|true 0 c|0 < c|true nil b c c|nil b c < c|true 1 b c c|5 b c < c|true 1 b c c|5 b c < c|true 1 b c c|5 b c < c|true 1 b c c|5 b c < c|true 0 c|0 < c|true nil nil c c|nil nil c < c|true 1 nil c c|5 nil c < c|true 1 2 c c|5 6 c < c|true 1 2 c c|5 6 c < c|true 1 2 c c|5 6 c < c|true 0 c|0 < c|true nil nil nil c|nil nil nil < c|true 1 nil nil c|5 nil nil < c|true 1 2 nil c|5 6 nil < c|true 1 2 3 c|5 6 7 < c|true 1 2 3 c|5 6 7 < c|true 0 c|0 < c|true all c|all < c|true all 1 c|all 5 < c|true all 1 2 c|all 5 6 < c|true all 1 2 3 c|all 5 6 7 < c|true all 1 2 3 4 c|all 5 6 7 8 < c|true 0 c|0 < c|true 0 c|0 < c|true 0 1 c|0 5 < c|true 0 1 c|0 5 < c|true 2 1 c|2 5 < c|true 2 1 c|2 5 < c|true 0 c|0 < c|true  c| < c|true 1 c|5 < c|true 1 2 c|5 6 < c|true 1 2 3 c|5 6 7 < c|true 1 2 3 4 c|5 6 7 8 < c
--> 3	|true 0 <|0 < >|true a b c <|a b c < >|true a b c <|a b c < >|true a b c <|a b c < >|true a b c <|a b c < >|true a b c <|a b c < >|true 0 <|0 < >|true nil b c <|nil b c < >|true 1 b c <|5 b c < >|true 1 b c <|5 b c < >|true 1 b c <|5 b c < >|true 1 b c <|5 b c < >|true 0 <|0 < >|true nil nil c <|nil nil c < >|true 1 nil c <|5 nil c < >|true 1 2 c <|5 6 c < >|true 1 2 c <|5 6 c < >|true 1 2 c <|5 6 c < >|true 0 <|0 < >|true nil nil nil <|nil nil nil < >|true 1 nil nil <|5 nil nil < >|true 1 2 nil <|5 6 nil < >|true 1 2 3 <|5 6 7 < >|true 1 2 3 <|5 6 7 < >|true 0 <|0 < >|true all <|all < >|true all 1 <|all 5 < >|true all 1 2 <|all 5 6 < >|true all 1 2 3 <|all 5 6 7 < >|true all 1 2 3 4 <|all 5 6 7 8 < >|true 0 <|0 < >|true 0 <|0 < >|true 0 1 <|0 5 < >|true 0 1 <|0 5 < >|true 2 1 <|2 5 < >|true 2 1 <|2 5 < >|true 0 <|0 < >|true  <| < >|true 1 <|5 < >|true 1 2 <|5 6 < >|true 1 2 3 <|5 6 7 < >|true 1 2 3 4 <|5 6 7 8 < >
--> 4	|all true 0 < >|all 0 < >|all true a b c < >|all a b c < >|all true a b c < >|all a b c < >|all true a b c < >|all a b c < >|all true a b c < >|all a b c < >|all true a b c < >|all a b c < >|all true 0 < >|all 0 < >|all true nil b c < >|all nil b c < >|all true 1 b c < >|all 5 b c < >|all true 1 b c < >|all 5 b c < >|all true 1 b c < >|all 5 b c < >|all true 1 b c < >|all 5 b c < >|all true 0 < >|all 0 < >|all true nil nil c < >|all nil nil c < >|all true 1 nil c < >|all 5 nil c < >|all true 1 2 c < >|all 5 6 c < >|all true 1 2 c < >|all 5 6 c < >|all true 1 2 c < >|all 5 6 c < >|all true 0 < >|all 0 < >|all true nil nil nil < >|all nil nil nil < >|all true 1 nil nil < >|all 5 nil nil < >|all true 1 2 nil < >|all 5 6 nil < >|all true 1 2 3 < >|all 5 6 7 < >|all true 1 2 3 < >|all 5 6 7 < >|all true 0 < >|all 0 < >|all true all < >|all all < >|all true all 1 < >|all all 5 < >|all true all 1 2 < >|all all 5 6 < >|all true all 1 2 3 < >|all all 5 6 7 < >|all true all 1 2 3 4 < >|all all 5 6 7 8 < >|all true 0 < >|all 0 < >|all true 0 < >|all 0 < >|all true 0 1 < >|all 0 5 < >|all true 0 1 < >|all 0 5 < >|all true 2 1 < >|all 2 5 < >|all true 2 1 < >|all 2 5 < >|all true 0 < >|all 0 < >|all true  < >|all  < >|all true 1 < >|all 5 < >|all true 1 2 < >|all 5 6 < >|all true 1 2 3 < >|all 5 6 7 < >|all true 1 2 3 4 < >|all 5 6 7 8 < >
--> 5	|4 true|3 a b c|4 true|3 a b c|4 true|3 a b c|4 true|3 a b c|4 true|3 a b c|4 true|3 a b c|4 true|3 nil b c|4 true|3 nil b c|4 true|3 5 b c|4 true|3 5 b c|4 true|3 5 b c|4 true|3 5 b c|4 true|3 nil nil c|4 true|3 nil nil c|4 true|3 5 nil c|4 true|3 5 6 c|4 true|3 5 6 c|4 true|3 5 6 c|4 true|3 nil nil nil|4 true|3 nil nil nil|4 true|3 5 nil nil|4 true|3 5 6 nil|4 true|3 5 6 7|4 true|3 5 6 7|4 true|3 all|4 true|3 all|4 true|3 all 5|4 true|3 all 5 6|4 true|3 all 5 6 7|4 true|3 all 5 6 7 8|4 true|3 0|4 true|3 0 nil|4 true|3 0 5|4 true|3 1 5|4 true|3 2 5|4 true|3 3 5|4 true|3 |4 true|3 |4 true|3 5|4 true|3 5 6|4 true|3 5 6 7|4 true|3 5 6 7 8
--> 6	|true 0 < >|0 < >|true a b c < >|a b c < >|true a b c < >|a b c < >|true a b c < >|a b c < >|true a b c < >|a b c < >|true a b c < >|a b c < >|true 0 < >|0 < >|true nil b c < >|nil b c < >|true 1 b c < >|5 b c < >|true 1 b c < >|5 b c < >|true 1 b c < >|5 b c < >|true 1 b c < >|5 b c < >|true 0 < >|0 < >|true nil nil c < >|nil nil c < >|true 1 nil c < >|5 nil c < >|true 1 2 c < >|5 6 c < >|true 1 2 c < >|5 6 c < >|true 1 2 c < >|5 6 c < >|true 0 < >|0 < >|true nil nil nil < >|nil nil nil < >|true 1 nil nil < >|5 nil nil < >|true 1 2 nil < >|5 6 nil < >|true 1 2 3 < >|5 6 7 < >|true 1 2 3 < >|5 6 7 < >|true 0 < >|0 < >|true all < >|all < >|true all 1 < >|all 5 < >|true all 1 2 < >|all 5 6 < >|true all 1 2 3 < >|all 5 6 7 < >|true all 1 2 3 4 < >|all 5 6 7 8 < >|true 0 < >|0 < >|true 0 < >|0 < >|true 0 1 < >|0 5 < >|true 0 1 < >|0 5 < >|true 2 1 < >|2 5 < >|true 2 1 < >|2 5 < >|true 0 < >|0 < >|true  < >| < >|true 1 < >|5 < >|true 1 2 < >|5 6 < >|true 1 2 3 < >|5 6 7 < >|true 1 2 3 4 < >|5 6 7 8 < >
--> nil	nil	nil	nil
--> nil	nil	nil	nil
--> nil	nil	nil	nil
--> 241	240
--> 241	240
--> 241	240
--> 240	true	240
--> true	in pcall
--> true	end	true	1	2
--> true	1
--> true	2
--> false	cannot resume dead coroutine
--> x
--> table
--> y
--> 1	2	3
--> true	7
--> aabbcc	3
--> false	cannot resume running coroutine
--> normal	false	cannot resume running coroutine
--> true
--> true
--> false	cannot resume dead coroutine
--> false	bad argument #1 to '?' (coroutine expected)
--> false	bad argument #1 to '?' (coroutine expected)
--> 41 82 123 164 205 over

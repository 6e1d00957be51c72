-- luajit: differs it crashes where a handler flushes
-- modes: -stripped -bytecode
-- jit.attach: handlers that are hot, flush, collect, fail, detach themselves, switch the compiler; the program does not notice.
local function hot(n) local x = 0 for i = 1, n do x = x + i % 3 end return x end
local function work()
  local parts, n = {}, 0
  for k = 1, 3 do for i = 1, 150 do n = n + i; if i % 50 == 0 then parts[#parts + 1] = ("%d"):format(n) .. k end end end
  local co = coroutine.wrap(function() for i = 1, 120 do coroutine.yield(i) end return "end" end)
  local sum = 0 for i = 1, 120 do sum = sum + co() end
  local ok, why = pcall(function() for i = 1, 200 do if i == 150 then error("stop " .. i, 0) end end end)
  local traced = select(2, xpcall(function() for i = 1, 200 do local t = nil; if i == 180 then t.x = 1 end end end, function(e) return (e:gsub("^.*: ", "")) end))
  table.sort(parts, function(a, b) return #a < #b or #a == #b and a < b end)
  return table.concat(parts, " "), sum, co(), ok, why, traced
end
local function try(name, events, handler)
  for _, event in ipairs(events) do jit.attach(handler, event) end
  local results = { pcall(work) }
  jit.attach(handler)
  for i = 1, 7 do results[i] = tostring(results[i]) end
  print(name, table.concat(results, " | "))
end
local all = { "trace", "record", "texit", "bc" }
try("nothing", {}, print)
try("hot", all, function() hot(300) end)
try("flush", all, function() jit.flush() end)
try("collect", { "trace", "texit" }, function() collectgarbage() end)
try("allocate", all, function(...) local t = {} for i = 1, 20 do t[i] = { ... } end end)
try("detach", all, function() jit.attach(print) end)
try("switch", { "trace" }, function() jit.off() jit.on() end)
try("option", { "trace" }, function() jit.opt.start("hotloop=3") jit.opt.start("hotloop=56") end)
try("deep", { "trace" }, function() local function down(n) if n > 0 then return 1 + down(n - 1) end return 0 end down(150) end)
try("compile", all, function() loadstring("return function() return 1 end")() end)
try("hook", { "trace" }, function() debug.sethook(function() end, "", 1) debug.sethook() end)
try("yield", { "trace" }, coroutine.running)
do
  local depth, deepest = 0, 0
  try("nested", { "trace", "texit" }, function() depth = depth + 1; deepest = math.max(deepest, depth); hot(200) depth = depth - 1 end)
  print("one at a time", deepest <= 1)
end
do
  local open, ended, good = {}, 0, true
  try("order", { "trace" }, function(what, trace, f, pc, a, b)
    if what == "start" then open[#open + 1] = trace; good = good and type(f) == "function" and type(pc) == "number" and (a == nil) == (b == nil)
    elseif what == "stop" or what == "abort" then good = good and table.remove(open) ~= nil; ended = ended + 1
    else good = good and what == "flush" and trace == nil end
  end)
  print("paired", good, #open)
end
do
  local good = true
  try("arguments", { "record" }, function(trace, f, pc, depth) good = good and type(trace) == "number" and type(f) == "function" and type(pc) == "number" and type(depth) == "number" end)
  try("arguments", { "texit" }, function(trace, exit, gprs, fprs, ...) good = good and type(trace) == "number" and type(exit) == "number" and select("#", ...) == gprs + fprs end)
  print("typed", good)
end
--> nothing	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> hot	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> flush	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> collect	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> allocate	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> detach	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> switch	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> option	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> deep	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> compile	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> hook	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> yield	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> nested	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> one at a time	true
--> order	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> paired	true	0
--> arguments	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> arguments	true | 12751 50501 113251 126002 163752 226502 239253 277003 339753 | 7260 | end | false | stop 150 | attempt to index local 't' (a nil value)
--> typed	true

-- modes: -stripped -bytecode
-- jit.profile: frames as text, argument errors, callbacks that do anything.
local profile = require "jit.profile"
local function inner(format, depth) local text = profile.dumpstack(format, depth) return text end
local function outer(...) local text = inner(...) return text end
print((outer("l;", 3):gsub("^[^;]*;", ""))) print((outer("F|", 2):gsub("^[^|]*|", ""))) print((outer("fZ < ", 3):gsub("^.- < ", ""))) print((outer("l ", -3):gsub(" [^ ]* $", "")))
print(profile.dumpstack("", 3) == "", profile.dumpstack("l", 0) == "", profile.dumpstack("xyz", 1)) print(profile.dumpstack(coroutine.create(print), "l", 5) == "")
local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) print((profile.dumpstack(co, "l;", 5):gsub("^[^;]*;", "")))
print(pcall(profile.start)) print(pcall(profile.start, "f")) print(pcall(profile.start, 1, 2)) print(pcall(profile.dumpstack)) print(pcall(profile.dumpstack, "l")) print(pcall(profile.dumpstack, co)) profile.stop() profile.stop()
local function busy() local x, t = 0, {} local start = os.clock() while os.clock() - start < 0.03 do for i = 1, 1000 do x = x + i end t = { x } end return x > 0 end
for _, mode in ipairs { "i1", "fi1", "li1", "" } do
  local n, fine = 0, true
  profile.start(mode, function(thread, samples, state) n = n + samples; fine = fine and type(thread) == "thread" and ("NICGJ"):find(state, 1, true) and #profile.dumpstack(thread, "l;", 2) > 0; for i = 1, 100 do n = n + 0 end end)
  busy() profile.stop() print(mode == "" or n > 0, fine and true)
end
profile.start("i1", function() profile.stop() end) print(busy()) profile.start("i1", function() collectgarbage() jit.flush() end) print(busy()) profile.stop()
--> profile.lua:4;profile.lua:5;
--> profile.lua:inner|
--> inner < outer
--> profile.lua:5 profile.lua:4
--> true	true	xyz
--> true
--> profile.lua:8;
--> false	bad argument #2 to '?' (function expected, got no value)
--> false	bad argument #2 to '?' (function expected, got no value)
--> false	bad argument #2 to '?' (function expected, got number)
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	bad argument #2 to '?' (string expected, got no value)
--> true	true
--> true	true
--> true	true
--> true	true
--> true
--> true

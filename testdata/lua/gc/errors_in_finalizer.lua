-- An error in a finalizer reaches the program at a collection (LuaJIT's rule), and later finalizers still run.
-- modes: -gc-stress
local ran = 0 local function make(fail) local p = newproxy(true) getmetatable(p).__gc = function() ran = ran + 1 if fail then error("in finalizer", 0) end end end make(true) make(false) make(false) local errors = 0 for i = 1, 5 do local ok, m = pcall(collectgarbage) if not ok then errors = errors + 1 print(m) end end print(ran)
--> in finalizer
--> 3

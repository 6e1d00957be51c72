-- At the end of the program finalizers run in reverse order; an error in one does not stop the others.
-- modes: -gc-stress
local kept = {} for i = 1, 4 do local p = newproxy(true) getmetatable(p).__gc = function() print("closing", i) if i == 3 then error "ignored at the end" end end kept[i] = p end local co = coroutine.wrap(function() local p = newproxy(true) getmetatable(p).__gc = function() print "from a suspended coroutine" end coroutine.yield(p) end) co() local f = io.tmpfile() f:write "never closed" print "last line"
--> last line
--> from a suspended coroutine
--> closing	4
--> closing	3
--> closing	2
--> closing	1

-- os.exit(code, true) closes the state: finalizers run.
local p = newproxy(true) getmetatable(p).__gc = function() print "finalizer" end
coroutine.wrap(function() os.exit(true, true) end)()
--> finalizer

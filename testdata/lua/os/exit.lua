-- os.exit: status, output flushed, nothing runs afterwards.
io.write "unflushed text" local p = newproxy(true) getmetatable(p).__gc = function() print "finalizer" end
local function f() pcall(function() os.exit(7) end) print "not reached" end f()
--> unflushed text
--\
--? 7

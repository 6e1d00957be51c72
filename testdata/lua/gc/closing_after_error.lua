-- Finalizers run at the end of a program that ends with an error, too.
-- modes: -gc-stress
local p = newproxy(true) getmetatable(p).__gc = function() print "finalized after the error" end
error("uncaught", 0)
--> finalized after the error
--! kiln: uncaught
--! stack traceback:
--! 	[C]: in function 'error'
--! 	closing_after_error.lua:4: in main chunk
--! 	[C]: at 0x?
--? 1

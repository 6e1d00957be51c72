-- An uncaught error value that is a table with __tostring.
print "before"
error(setmetatable({ code = 12 }, { __tostring = function(e) return "E" .. e.code end }))
--> before
--! kiln: E12
--! stack traceback:
--! 	[C]: in function 'error'
--! 	uncaught_table.lua:3: in main chunk
--! 	[C]: at 0x?
--? 1

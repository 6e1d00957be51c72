-- Numbers are error values that print as they are.
io.write "no newline before"
error(42)
--> no newline before
--\
--! kiln: uncaught_number.lua:3: 42
--! stack traceback:
--! 	[C]: in function 'error'
--! 	uncaught_number.lua:3: in main chunk
--! 	[C]: at 0x?
--? 1

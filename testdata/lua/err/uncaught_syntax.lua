-- A syntax error in the main file.
-- modes: -bytecode -stripped -aot
print "never printed"
local x = = 1
--! kiln: uncaught_syntax.lua:4: unexpected symbol near '='
--? 1

-- A runtime error deep inside calls, a coroutine and a callback.
local function inner(t) return t.field.x end
local function viawrap() for _ in coroutine.wrap(function() inner {} end) do end end
function entry() return (viawrap()) end
entry()
--! kiln: uncaught_runtime.lua:3: uncaught_runtime.lua:2: attempt to index field 'field' (a nil value)
--! stack traceback:
--! 	[C]: in function '(for generator)'
--! 	uncaught_runtime.lua:3: in function 'viawrap'
--! 	uncaught_runtime.lua:4: in function 'entry'
--! 	uncaught_runtime.lua:5: in main chunk
--! 	[C]: at 0x?
--? 1

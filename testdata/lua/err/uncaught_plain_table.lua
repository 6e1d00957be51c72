-- An uncaught error value that is a plain table.
local function f() error {} end
f()
--! kiln: (error object is not a string)
--? 1

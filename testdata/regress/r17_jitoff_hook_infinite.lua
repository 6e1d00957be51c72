-- instruction-count hook must interrupt compiled code
local c = 0
local function hook() c = c + 1 if c > 20 then error("cancelled", 0) end end
print(pcall(function() debug.sethook(hook, "", 1000); local i = 0 while true do i = i + 1 end end))
debug.sethook()
--> false	cancelled

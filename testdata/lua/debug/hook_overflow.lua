-- A stack that overflows while a hook is active overflows in the program, not in the hook.
-- modes: -stripped
debug.sethook(function() end, "l")
local function deep()
  count = (count or 0) + 1
  deep()
  return
end
local function run()
  return select(2, pcall(deep)):match "stack overflow"
end
print(run(), run(), coroutine.wrap(run)())
local lines = {}
local ok, text = xpcall(deep, debug.traceback)
for line in text:gmatch ":(%d+):" do lines[line] = true end
debug.sethook()
local list = {}
for line in pairs(lines) do list[#list + 1] = line end
table.sort(list)
print(ok, table.concat(list, " "))
--> stack overflow	stack overflow	stack overflow
--> false	14 5 6

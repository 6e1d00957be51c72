-- Coroutines that resume new coroutines without end fail with an error, which is caught here.
-- luajit: differs: it crashes
-- modes: -gc-stress
local function runaway(n)
  local co = coroutine.create(runaway)
  local ok, e = coroutine.resume(co, n + 1)
  if not ok then error(e, 0) end
  return e
end
local ok, e = pcall(runaway, 1)
print(ok, type(e), tostring(e):find("overflow", 1, true) ~= nil or tostring(e):find("memory", 1, true) ~= nil)
collectgarbage()
print(coroutine.wrap(function() return "coroutines still work" end)())
--> false	string	true
--> coroutines still work

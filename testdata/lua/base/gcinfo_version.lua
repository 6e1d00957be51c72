-- _VERSION, _G, gcinfo, collectgarbage options.
-- modes: -gc-stress -aot
print(_VERSION, _G._G == _G, _G.print == print, type(gcinfo()), gcinfo() > 0)
print(type(collectgarbage "count"), collectgarbage "count" > 0, collectgarbage(), collectgarbage "collect", collectgarbage("step") ~= nil, type(collectgarbage("step", 100)))
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200), collectgarbage("setstepmul", 300), collectgarbage("setstepmul", 200)) print(collectgarbage "stop", collectgarbage "isrunning", collectgarbage "restart", collectgarbage "isrunning")
print(pcall(collectgarbage, "bad")) print(pcall(collectgarbage, 1)) print(collectgarbage(nil)) print(pcall(collectgarbage, "count", "x"))
local before = collectgarbage "count" local function grow() local keep = ("x"):rep(1000000) return collectgarbage "count" - before > 900 end print(grow())
local t = {} for i = 1, 10000 do t[i] = { i } end local full = collectgarbage "count" t = nil collectgarbage() collectgarbage() print(collectgarbage "count" < full)
collectgarbage "stop" local s = collectgarbage "count" for i = 1, 1000 do local x = { i, {} } end print(collectgarbage "count" > s) collectgarbage "restart" repeat until collectgarbage("step", 1000) print "stepped"
local names = {} for k in pairs(_G) do names[#names + 1] = k end table.sort(names) print(table.concat(names, " "))
--> Lua 5.1	true	true	number	true
--> number	true	0	0	true	boolean
--> 200	150	200	300
--> 0	false	0	true
--> false	bad argument #1 to '?' (invalid option 'bad')
--> false	bad argument #1 to '?' (invalid option '1')
--> 0
--> false	bad argument #2 to '?' (number expected, got string)
--> true
--> true
--> true
--> stepped
--> _G _VERSION arg assert bit collectgarbage coroutine debug dofile error gcinfo getfenv getmetatable io ipairs jit load loadfile loadstring math module newproxy next os package pairs pcall print rawequal rawget rawset require select setfenv setmetatable string table tonumber tostring type unpack xpcall

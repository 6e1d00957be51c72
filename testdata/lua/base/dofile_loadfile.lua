-- load, loadstring, loadfile, dofile: sources, names, environments, modes, failures.
local path = os.tmpname() local function write(s) local f = assert(io.open(path, "wb")) f:write(s) f:close() end
write "return 1, ..." print(loadfile(path)("arg")) print(dofile(path)) write "x = = 1" local f, e = loadfile(path) print(f, (e:gsub("^.*:(%d+:)", "%1"))) print(pcall(dofile, path) == false)
write "#!shebang\nreturn debug.getinfo(1, 'l').currentline" print(dofile(path)) write "\239\187\191return 'bom'" print(dofile(path)) write "\239\187\191#!both\nreturn 'both'" print(dofile(path)) write "# only" print(dofile(path)) write "" print(dofile(path)) 
f, e = loadfile "/nonexistent/file.lua" print(f, e) print(pcall(dofile, "/nonexistent/file.lua")) write "return v" print(loadfile(path, "t", { v = "env" })()) print(loadfile(path, "bt", { v = 2 })()) f, e = loadfile(path, "b") print(f, (e:gsub("^.*: ", "")))
write(string.dump(loadstring "return 'from dump', ...")) print(dofile(path)) print(loadfile(path)(9)) f, e = loadfile(path, "t") print(f, (e:gsub("^.*: ", ""))) print(loadfile(path, "b")(1))
write "local t = {...} return #t, debug.getinfo(1, 'S').source == '@' .. '" local h = io.open(path, "a") h:write(path, "'") h:close() print(loadfile(path)(1, 2)) write "error('in file')" local ok, m = pcall(dofile, path) print(ok, m:sub(-10)) write "coroutine.yield(1) return 2" local co = coroutine.wrap(function() return dofile(path) end) print((select(2, pcall(co)):gsub("^.*:1: ", "")))
print(pcall(loadfile, {})) f, e = loadfile "/" print(f, e) os.remove(path) print(pcall(dofile, {}))
--> 1	arg
--> 1
--> nil	1: unexpected symbol near '='
--> true
--> 2
--> bom
--> both
-->
-->
--> nil	cannot open /nonexistent/file.lua: No such file or directory
--> false	cannot open /nonexistent/file.lua: No such file or directory
--> env
--> 2
--> nil	attempt to load chunk with wrong mode
--> from dump
--> from dump	9
--> nil	attempt to load chunk with wrong mode
--> from dump	1
--> 2	true
--> false	1: in file
--> attempt to yield across C-call boundary
--> false	bad argument #1 to '?' (string expected, got table)
--> nil	cannot read /: Is a directory
--> false	bad argument #1 to '?' (string expected, got table)

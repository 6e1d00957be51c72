-- load with strings and functions: pieces, modes, environments, chunk names.
print(load "return 1 + 1"()) print(load("return ...", "=name")(7)) print(load("x =", "=name")) print(load("x =", "@file.lua")) print(load("x =", "source text")) print(load("x =\n", "line one\nline two")) print(load("x =", ("long"):rep(50))) print(load("x =", "=" .. ("n"):rep(100))) print(load("x =", "@" .. ("dir/"):rep(30) .. "f.lua")) print(load("x ="))  print(load("\n\nx =", ""))
local pieces = { "return ", "1", " + ", "41" } local i = 0 print(load(function() i = i + 1 return pieces[i] end)()) i = 0 print(load(function() i = i + 1 return ({ "ret", "urn 'sp", "lit'", "" })[i] end)())
print(type(load(function() return nil end))) print(pcall(load(function() end))) 
local function first(...) local f, m = load(...) print(f == nil, (tostring(m):match "^[^\n]*")) end
first(function() return {} end) first(function() error("reader error", 0) end) local n = 0 first(function() n = n + 1 if n == 1 then return "x = " end return true end)
print(load("return v", "=n", "t", { v = "env value" })()) local env = {} load("a = 1 b = a + 1", "=n", "bt", env)() print(env.a, env.b, a, b) print(load("return 1", "=n", "b")) print(load(string.dump(function() return 1 end), "=n", "t")) print(load(string.dump(function() return "binary" end), "=n", "b")()) print(load("return 1", "=n", "x"))
print(pcall(load)) print(pcall(load, 5)) print(pcall(load, {})) print(load(nil == 1 and "" or "return nil")()) print(loadstring "return 1"()) print(loadstring("syntax error here")) print(pcall(loadstring)) print(loadstring("return 1", nil)()) print(loadstring("x y", "name")) print(loadstring("error 'at run time'", "=rt") ~= nil, pcall(loadstring("error 'at run time'", "=rt")))
print(loadstring("return debug.getinfo(1, 'S').source")(), loadstring("return debug.getinfo(1, 'S').short_src", "=(x)")(), loadstring("return debug.getinfo(1, 'S').short_src", "a\nb")())
local up = 1 local f = loadstring "return up" print(f()) print(load "local a = ... a = a or 'no arg' return a"()) local chunk = load "count = (count or 0) + 1 return count" print(chunk(), chunk(), count) print(load(("x = x or 1; "):rep(2000)) ~= nil) print(getfenv(load "return 1") == _G)
local parts = 0 print(#load(function() parts = parts + 1 if parts == 1 then return "return '" elseif parts <= 1001 then return "0123456789" elseif parts == 1002 then return "'" end end)())
--> 2
--> 7
--> nil	name:1: unexpected symbol near '<eof>'
--> nil	file.lua:1: unexpected symbol near '<eof>'
--> nil	[string "source text"]:1: unexpected symbol near '<eof>'
--> nil	[string "line one..."]:2: unexpected symbol near '<eof>'
--> nil	[string "longlonglonglonglonglonglonglonglonglonglongl..."]:1: unexpected symbol near '<eof>'
--> nil	nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn:1: unexpected symbol near '<eof>'
--> nil	...ir/dir/dir/dir/dir/dir/dir/dir/dir/dir/dir/dir/dir/f.lua:1: unexpected symbol near '<eof>'
--> nil	[string "x ="]:1: unexpected symbol near '<eof>'
--> nil	[string ""]:3: unexpected symbol near '<eof>'
--> 42
--> split
--> function
--> true
--> true	load.lua:5: reader function must return a string
--> true	reader error
--> true	load.lua:5: reader function must return a string
--> env value
--> 1	2	nil	nil
--> nil	attempt to load chunk with wrong mode
--> nil	attempt to load chunk with wrong mode
--> binary
--> nil	attempt to load chunk with wrong mode
--> false	bad argument #1 to '?' (function expected, got no value)
--> true	nil	[string "5"]:1: unexpected symbol near '5'
--> false	bad argument #1 to '?' (function expected, got table)
--> nil
--> 1
--> nil	[string "syntax error here"]:1: '=' expected near 'error'
--> false	bad argument #1 to '?' (function expected, got no value)
--> 1
--> nil	[string "name"]:1: '=' expected near 'y'
--> true	false	rt:1: at run time
--> return debug.getinfo(1, 'S').source	(x)	[string "a..."]
--> nil
--> no arg
--> 1	2	2
--> true
--> true
--> 10000

-- require: what modules return and leave, errors while loading, loops, what is not found; module and seeall; loaders.
local dir = os.tmpname() os.remove(dir) os.execute("mkdir -p " .. dir .. "/sub")
local function file(name, text) local f = assert(io.open(dir .. "/" .. name .. ".lua", "w")) f:write(text) f:close() end
local function show(...) local t = { ... } for i = 1, select("#", ...) do t[i] = tostring(t[i]):gsub(dir:gsub("%p", "%%%0"), "DIR") end print(unpack(t, 1, select("#", ...))) end
package.path, package.cpath = dir .. "/?.lua;" .. dir .. "/?/init.lua", dir .. "/?.so"
file("named", "return { name = ... }") file("broken", "syntax error here") file("fails", "error 'boom'") file("silent", "loaded_silent = true") file("loops", "require 'loops'")
file("falsy", "return false") file("sets", "package.loaded[...] = 42") file("sub/inner", "return ...") file("old", "module('old', package.seeall) function f() return print ~= nil end") file("sub/older", "module 'sub.older' y = 1")
print(require "named".name, require "named" == require "named", package.loaded.named == require "named") print(require "sub.inner")
show(pcall(require, "broken")) print(pcall(require, "fails") == false, select(2, pcall(require, "fails")):match "loop or previous error.*") print(require "silent", require "silent", loaded_silent) print((select(2, pcall(require, "loops"))):match "loop or.*")
print(require "falsy", package.loaded.falsy, require "falsy") print(require "sets", require "sets")
require "old" print(old.f(), old._NAME, old._PACKAGE, old._M == old) require "sub.older" print(sub.older.y, sub.older._PACKAGE, sub.older._NAME, package.loaded["sub.older"] == sub.older, sub.older.print)
show(pcall(require, "not.there")) print(pcall(require)) print(pcall(require, {})) print(pcall(module)) string.taken = 1 print(select(2, pcall(function() module "string.taken.x" end)):match "name conflict.*") string.taken = nil print(pcall(module, "some.name"))
package.preload.pre = function(...) return table.concat({ "pre", ... }, " ") end print(require "pre", package.loaded.pre)
local loaders = package.loaders print(#loaders)
table.insert(loaders, 1, function(name) if name == "virtual" then return function(...) return { ... } end end return "\n\tnot virtual" end) print(require "virtual"[1]) show(pcall(require, "other"))
loaders[1] = function() return 5 end show(pcall(require, "other")) loaders[1] = function() end show(pcall(require, "other")) loaders[1] = function() error("in loader", 0) end print(pcall(require, "other")) table.remove(loaders, 1)
package.loaders = nil print(pcall(require, "q")) package.loaders = loaders local path = package.path package.path = nil print(pcall(require, "q")) package.path = path package.preload = nil print(pcall(require, "q"))
print(pcall(package.seeall, 1)) local t = {} package.seeall(t) print(getmetatable(t).__index == _G)
os.execute("rm -r " .. dir)
--> named	true	true
--> sub.inner
--> false	error loading module 'broken' from file 'DIR/broken.lua':
--> 	DIR/broken.lua:1: '=' expected near 'error'
--> true	loop or previous error loading module 'fails'
--> true	true	true
--> loop or previous error loading module 'loops'
--> false	false	false
--> 42	42
--> true	old		true
--> 1	sub.	sub.older	true	nil
--> false	module 'not.there' not found:
--> 	no field package.preload['not.there']
--> 	no file 'DIR/not/there.lua'
--> 	no file 'DIR/not/there/init.lua'
--> 	no file 'DIR/not/there.so'
--> 	no file 'DIR/not.so'
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #1 to '?' (string expected, got table)
--> false	bad argument #1 to '?' (string expected, got no value)
--> name conflict for module 'string.taken.x'
--> false	'module' not called from a Lua function
--> pre pre	pre pre
--> 4
--> virtual
--> false	module 'other' not found:
--> 	not virtual
--> 	no field package.preload['other']
--> 	no file 'DIR/other.lua'
--> 	no file 'DIR/other/init.lua'
--> 	no file 'DIR/other.so'
--> false	module 'other' not found:5
--> 	no field package.preload['other']
--> 	no file 'DIR/other.lua'
--> 	no file 'DIR/other/init.lua'
--> 	no file 'DIR/other.so'
--> false	module 'other' not found:
--> 	no field package.preload['other']
--> 	no file 'DIR/other.lua'
--> 	no file 'DIR/other/init.lua'
--> 	no file 'DIR/other.so'
--> false	in loader
--> false	'package.loaders' must be a table
--> false	'package.path' must be a string
--> false	'package.preload' must be a table
--> false	bad argument #1 to '?' (table expected, got number)
--> true

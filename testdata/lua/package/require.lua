-- require: loaders, preload, results, errors, loops, package.loaded.
local dir = os.tmpname() os.remove(dir) assert(os.execute("mkdir " .. dir) == 0)
local function file(name, text) local f = assert(io.open(dir .. "/" .. name, "w")) f:write(text) f:close() end local function clean(s) return (tostring(s):gsub(dir:gsub("%p", "%%%0"), "DIR"):gsub("0x%x+", "0x?")) end
package.path = dir .. "/?.lua;" .. dir .. "/?/init.lua" package.cpath = "" 
file("plain.lua", "loads = (loads or 0) + 1 return { name = ..., n = select('#', ...) }") local m = require "plain" print(m.name, m.n, require "plain" == m, loads, package.loaded.plain == m) package.loaded.plain = nil print(require "plain" ~= m, loads)
file("noresult.lua", "x = 1") print(require "noresult", package.loaded.noresult) file("falsy.lua", "return false") print(require "falsy", package.loaded.falsy, require "falsy") file("niled.lua", "package.loaded[...] = 'set inside'") print(require "niled") file("both.lua", "package.loaded[...] = 'inside' return 'returned'") print(require "both")
assert(os.execute("mkdir " .. dir .. "/sub " .. dir .. "/pkg") == 0) file("sub/deep.lua", "return 'deep ' .. ...") file("pkg/init.lua", "return 'init of ' .. ...") print(require "sub.deep", require "pkg") package.preload.virtual = function(...) return "preloaded " .. select("#", ...) .. " " .. (...) end print(require "virtual") file("bad.lua", "x = = 1") print(clean(select(2, pcall(require, "bad")))) file("raises.lua", "error('raised', 0)") print(pcall(require, "raises")) print(package.loaded.raises ~= nil) print(clean(select(2, pcall(require, "raises")))) print(clean(select(2, pcall(require, "missing.mod"))))
file("loopa.lua", "local b = require 'loopb' return 'a with ' .. tostring(b)") file("loopb.lua", "return 'b with ' .. tostring(select(2, pcall(require, 'loopa')))") print(clean(require "loopa")) table.insert(package.loaders, 2, function(name) if name:match "^gen%." then return function(n) return "generated " .. n end end return "\n\tno generator for " .. name end) print(require "gen.x") print(clean(select(2, pcall(require, "other")))) table.remove(package.loaders, 2) print(#package.loaders) 
print(pcall(require)) print(pcall(require, {})) local saved = package.path package.path = nil print(clean(select(2, pcall(require, "zzz")))) package.path = saved local l = package.loaders package.loaders = nil print(clean(select(2, pcall(require, "zzz")))) package.loaders = l local p = package.preload package.preload = nil print(clean(select(2, pcall(require, "zzz"))):match "^[^\n]*") package.preload = p print(clean(select(2, pcall(require, "a..b"))):match "^[^\n]*\n[^\n]*") os.execute("rm -r " .. dir)
--> plain	1	true	1	true
--> true	2
--> true	true
--> false	false	false
--> set inside
--> returned
--> deep sub.deep	init of pkg
--> preloaded 1 virtual
--> error loading module 'bad' from file 'DIR/bad.lua':
--> 	DIR/bad.lua:1: unexpected symbol near '='
--> false	raised
--> true
--> loop or previous error loading module 'raises'
--> module 'missing.mod' not found:
--> 	no field package.preload['missing.mod']
--> 	no file 'DIR/missing/mod.lua'
--> 	no file 'DIR/missing/mod/init.lua'
--> a with b with loop or previous error loading module 'loopa'
--> generated gen.x
--> module 'other' not found:
--> 	no field package.preload['other']
--> 	no generator for other
--> 	no file 'DIR/other.lua'
--> 	no file 'DIR/other/init.lua'
--> 4
--> false	bad argument #1 to '?' (string expected, got no value)
--> false	bad argument #1 to '?' (string expected, got table)
--> 'package.path' must be a string
--> 'package.loaders' must be a table
--> 'package.preload' must be a table
--> module 'a..b' not found:
--> 	no field package.preload['a..b']

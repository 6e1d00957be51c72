-- modes: -stripped
-- jit.util: facts of functions, bytecode, constants.
local util = require "jit.util"
local function f(a, ...) local s, t = "k", { 1, 2, x = 3 } return function() return s, a, 1.5, t end end
local function info(f, pc) local i, names = util.funcinfo(f, pc), {} for k, v in pairs(i) do if k ~= "proto" and k ~= "addr" and k ~= "ffid" and k ~= "source" and k ~= "loc" then names[#names + 1] = k .. "=" .. tostring(v) end end table.sort(names) print(table.concat(names, " ")) end
local function place(f, pc) local i = util.funcinfo(f, pc) print(i.loc, i.source) end
info(f) info(f, 1) info(f, 100) info(f(1)) info(string.byte) info(load "return 1") place(load "return 1") place(loadstring("return 1", "=name")) place(loadstring("\nreturn 1", "@dir/file.lua"), 1) print(type(util.funcinfo(print).addr), type(util.funcinfo(string.byte).ffid))
for pc = -1, 8 do print(pc, util.funcbc(f(1), pc)) end
print(util.funck(f, -1), util.funck(f, 0), util.funck(f(1), 0), util.funck(f(1), 1), util.funck(f, -9)) for i = -1, -3, -1 do local k = util.funck(f, i) print(type(k) == "table" and k.x) end
print(util.funcuvname(f(1), 0), util.funcuvname(f(1), 1), util.funcuvname(f(1), 5), select("#", util.funcuvname(f, 0)))
print(pcall(util.funcinfo, 1)) print(pcall(util.funcinfo)) print(pcall(util.funcbc, print, 1)) print(pcall(util.funcbc, f)) print(pcall(util.funck, f)) print(pcall(util.funck, {}, 1)) print(pcall(util.funcuvname, print, 1))
print(util.traceinfo(60000), util.tracek(60000, 1), util.traceir(60000, 1), util.tracesnap(60000, 1), util.tracemc(60000)) print(pcall(util.traceinfo)) print(pcall(util.traceinfo, "x"))
--> bytecodes=6 children=true currentline=4 gcconsts=3 isvararg=true lastlinedefined=4 linedefined=4 nconsts=0 params=1 stackslots=4 upvalues=0
--> bytecodes=6 children=true currentline=4 gcconsts=3 isvararg=true lastlinedefined=4 linedefined=4 nconsts=0 params=1 stackslots=4 upvalues=0
--> bytecodes=6 children=true gcconsts=3 isvararg=true lastlinedefined=4 linedefined=4 nconsts=0 params=1 stackslots=4 upvalues=0
--> bytecodes=6 children=false currentline=4 gcconsts=0 isvararg=false lastlinedefined=4 linedefined=4 nconsts=1 params=0 stackslots=4 upvalues=3
--> upvalues=0
--> bytecodes=3 children=false currentline=0 gcconsts=0 isvararg=true lastlinedefined=1 linedefined=0 nconsts=0 params=0 stackslots=1 upvalues=0
--> "return 1":0	return 1
--> name:0	=name
--> file.lua:2	@dir/file.lua
--> number	number
--> -1
--> 0	1113	45060
--> 1	45	45697
--> 2	65837	45697
--> 3	554	46209
--> 4	131885	45697
--> 5	327754	45828
--> 6
--> 7
--> 8
--> k	nil	1.5	nil
--> false
--> 3
--> false
--> s	a	nil	0
--> false	bad argument #1 to '?' (function expected, got number)
--> false	bad argument #1 to '?' (function expected, got no value)
--> false	bad argument #1 to '?' (function expected, got function)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	bad argument #2 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (function expected, got table)
--> false	bad argument #1 to '?' (function expected, got function)
--> nil	nil	nil	nil
--> false	bad argument #1 to '?' (number expected, got no value)
--> false	bad argument #1 to '?' (number expected, got string)

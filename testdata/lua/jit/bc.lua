-- modes: -stripped -bytecode
-- jit.bc: listings of functions as LuaJIT prints them.
local bc = require "jit.bc"
local up = 1
local function f(a, ...) for i = 1, 10 do if a then up = up .. "text\n" end end return function() return up, a, 1.5, { 1 } end, ... end
bc.dump(f) bc.dump(f, nil, true)
local lines = {} local out = { write = function(self, ...) for _, s in ipairs { ... } do lines[#lines + 1] = s end end, flush = function() lines.flushed = true end } local g = f() bc.dump(g, out) print(#lines, lines.flushed) io.write(table.concat(lines))
io.write(bc.line(f, 1), bc.line(f, 2, "=>"), bc.line(f, 3, "**")) print(bc.line(f, 1000))
local t = {} for pc in pairs(bc.targets(f)) do t[#t + 1] = pc end table.sort(t) print(table.concat(t, " ")) print(pcall(bc.dump, print) == false, pcall(bc.line, 1, 1) == false)
local vmdef = require "jit.vmdef" print(#vmdef.bcnames, vmdef.bcnames:sub(1, 24), vmdef.bcnames:sub(-6), type(vmdef.ffnames))
--> -- BYTECODE -- bc.lua:5-5
--> 0001    KSHORT   1   1
--> 0002    KSHORT   2  10
--> 0003    KSHORT   3   1
--> 0004    FORI     1 => 0012
--> 0005 => ISF          0
--> 0006    JMP      5 => 0011
--> 0007    UGET     5   0      ; up
--> 0008    KSTR     6   0      ; "text\n"
--> 0009    CAT      5   5   6
--> 0010    USETV    0   5      ; up
--> 0011 => FORL     1 => 0005
--> 0012 => FNEW     1   1      ; bc.lua:5
--> 0013    VARG     2   0   1
--> 0014    UCLO     0 => 0015
--> 0015 => RETM     1   1
-->
--> -- BYTECODE -- bc.lua:5-5
--> 0001    UGET     0   0      ; up
--> 0002    UGET     1   1      ; a
--> 0003    KNUM     2   0      ; 1.5
--> 0004    TDUP     3   0
--> 0005    RET      0   5
-->
--> -- BYTECODE -- bc.lua:5-5
--> 0001    KSHORT   1   1
--> 0002    KSHORT   2  10
--> 0003    KSHORT   3   1
--> 0004    FORI     1 => 0012
--> 0005 => ISF          0
--> 0006    JMP      5 => 0011
--> 0007    UGET     5   0      ; up
--> 0008    KSTR     6   0      ; "text\n"
--> 0009    CAT      5   5   6
--> 0010    USETV    0   5      ; up
--> 0011 => FORL     1 => 0005
--> 0012 => FNEW     1   1      ; bc.lua:5
--> 0013    VARG     2   0   1
--> 0014    UCLO     0 => 0015
--> 0015 => RETM     1   1
-->
--> 7	true
--> -- BYTECODE -- bc.lua:5-5
--> 0001    UGET     0   0      ; up
--> 0002    UGET     1   1      ; a
--> 0003    KNUM     2   0      ; 1.5
--> 0004    TDUP     3   0
--> 0005    RET      0   5
-->
--> 0001    KSHORT   1   1
--> 0002 => KSHORT   2  10
--> 0003 ** KSHORT   3   1
-->
--> 5 11 12 15
--> true	true
--> 582	ISLT  ISGE  ISLE  ISGT  	FUNCCW	table

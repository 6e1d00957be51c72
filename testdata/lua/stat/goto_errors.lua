-- What goto may not do.
local function try(source) print((select(2, loadstring(source, "=t"))) or "ok") end
try "goto nowhere"
try "do ::l:: end goto l"
try "::l:: ::l::"
try "::l:: do ::l:: end"
try "goto f local x ::f:: print(x)"
try "goto f local x ::f::"
try "goto f local x ::f:: ;;"
try "do goto f local x ::f:: end"
try "repeat goto c local x ::c:: until x"
try "repeat if a then goto c end local x ::c:: until true"
try "for i = 1, 2 do goto c local x ::c:: end"
try "function f() goto l end ::l::"
try "break"
try "if x then break end"
try "while true do function f() break end end"
try "for i = 1, 2 do break end break"
try "goto 1"
try "::1::"
try "goto l ::l:: local x goto l"
try "while true do break print(1) end"
try "do return end print(1)"
try "return 1 print(1)"
try "return 1; return 2"
try "::a:: ::b:: goto a"
try "local function g() ::x:: goto x goto y end"
try "for i = 1, 2 do ::x:: end goto x"
--> t:1: undefined label 'nowhere'
--> t:1: undefined label 'l'
--> t:1: duplicate label 'l'
--> ok
--> t:1: <goto f> jumps into the scope of local 'x'
--> ok
--> t:1: <goto f> jumps into the scope of local 'x'
--> ok
--> t:1: <goto c> jumps into the scope of local 'x'
--> t:1: <goto c> jumps into the scope of local 'x'
--> ok
--> t:1: undefined label 'l'
--> t:1: no loop to break
--> t:1: no loop to break
--> t:1: no loop to break
--> t:1: no loop to break
--> t:1: '=' expected near '1'
--> t:1: '<name>' expected near '1'
--> ok
--> t:1: 'end' expected near 'print'
--> ok
--> t:1: '<eof>' expected near 'print'
--> t:1: '<eof>' expected near 'return'
--> ok
--> t:1: undefined label 'y'
--> t:1: undefined label 'x'

-- Jumps that are too far for the instruction format.
-- modes: -gc-stress
local function try(name, source) local f, m = loadstring(source, "=t") print(name, f and tostring(f()) or m:sub(1, 100)) end
try("loop at the limit", "local s = 0 while s < 2 do " .. ("s = s + 0 "):rep(30000) .. " s = s + 1 end return s") try("loop beyond", "local s = 0 while s < 2 do " .. ("s = s + 0 "):rep(40000) .. " s = s + 1 end return s") try("for beyond", "for i = 1, 2 do " .. ("x = 1 "):rep(20000) .. " end") try("if beyond", "if x then " .. ("x = nil "):rep(20000) .. " end return 'skipped'") try("goto beyond", "goto e " .. ("x = 1 "):rep(20000) .. " ::e:: return 'skipped'") try("straight code", ("x = 1 "):rep(60000) .. " return x")
--> loop at the limit	2
--> loop beyond	t:1: control structure too long near 'end'
--> for beyond	t:1: control structure too long near 'end'
--> if beyond	t:1: control structure too long near '<eof>'
--> goto beyond	t:1: control structure too long near '<eof>'
--> straight code	1

-- Long brackets: levels, first newline, newline forms, no escapes.
local function show(s) print(#s, (s:gsub("\n", "|"):gsub("\r", "R"))) end
show [[]]
show [[a]]
show [[
a]]
show [[

a
]]
show [==[ ]] ]=] ]===] ]==]
show [=[[[nested]]]=]
show [[no \n escapes \]]
show(loadstring("return [[a\r\nb\rc\n\rd\n\ne]]")())
show(loadstring("return [[\r\nfirst]]")())
show(loadstring("return '\\\r\nx'")())
print([[]] == "", [=[]]]=])
show("a" .. [[b]] .. [=[c]=])
local t = { [ [[key]] ] = 1, [ [=[k2]=] ] = 2 }
print(t.key, t.k2)
print(#[[
]], #[==[]==])
--> 0	
--> 1	a
--> 1	a
--> 3	|a|
--> 14	 ]] ]=] ]===] 
--> 10	[[nested]]
--> 15	no \n escapes \
--> 10	a|b|c|d||e
--> 5	first
--> 2	|x
--> true	]]
--> 3	abc
--> 1	2
--> 0	0

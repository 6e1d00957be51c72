-- modes: -stripped
-- Line events begin: the rest of the line of debug.sethook is a new line, unless an object was created on it.
local function show(_, line) print(line) end
local function own(s)
  debug.sethook(show, "l") loadstring(s)() debug.sethook()
  print "-"
end
own "x = 1"
own "x = 1\nx = 2\n\nreturn x"
debug.sethook(function(_, line) print(line) end, "l") local a = 1 debug.sethook()
print "-"
debug.sethook(show, "l")
local b = 1
debug.sethook(show, "lc") local c = 1
debug.sethook()
print(a, b, c)
--> 5
--> 1
--> 5
--> -
--> 5
--> 1
--> 2
--> 4
--> 5
--> -
--> -
--> 13
--> 14
--> 15
--> nil
--> 1	1	1

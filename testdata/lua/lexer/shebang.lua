#!/usr/bin/env kiln
-- A first line that starts with a hash sign is skipped, and keeps its number.
print(debug.getinfo(1, "l").currentline)
print(loadstring("# x\nreturn 1", "=t")())
print(loadstring("return 1", "=t")())
--> 3
--> 1
--> 1

-- The reader of load is not called any more once the text has an error, however long it could go on.
local calls
local function pieces(...)
  local list = { ... }
  calls = 0
  return function() calls = calls + 1 return list[calls] end
end
print(load(pieces("*", "a", " = 123"), "=chunk"), calls)
print(load(pieces("x = = 1 ", "y"), "=chunk"))
local n = 0
print(load(function() n = n + 1 return n == 1 and "return 1 1 " or "x = 2 " end, "=chunk"))
n = 0
print(load(function() n = n + 1 return n < 100 and "x = 1 " or n == 100 and "= " or "y = 2 " end, "=chunk"), n >= 100)
print(load(pieces("return", " 1", "2", " + ", "30"))())
print(load(pieces("retu", "rn '", "a", "b", "' .. [", "=[x]", "=]"))())
print(load(pieces("--", "[[", "\n", "]] return 'after", " comment'"))())
print(load(pieces("return 'unfinished"), "=chunk"))
--> nil	2
--> nil	chunk:1: unexpected symbol near '='
--> nil	chunk:1: '<eof>' expected near '1'
--> nil	true
--> 42
--> abx
--> after comment
--> nil	chunk:1: unfinished string near '<eof>'

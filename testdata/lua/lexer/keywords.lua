-- Reserved words, names near them, and goto as a name.
for _, word in ipairs { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" } do
  local f, message = loadstring("local " .. word .. " = 1", "=t")
  print(word, f and "a name" or message)
end
local _and, And, AND, end_, _1, __ = 1, 2, 3, 4, 5, 6
print(_and, And, AND, end_, _1, __)
local t = { ["and"] = 1, nilx = 2, notx = 3 }
print(t["and"], t.nilx, t.notx)
print(loadstring("t.and = 1", "=t"))
print(loadstring("local x = { end = 1 }", "=t"))
--> and	t:1: '<name>' expected near 'and'
--> break	t:1: '<name>' expected near 'break'
--> do	t:1: '<name>' expected near 'do'
--> else	t:1: '<name>' expected near 'else'
--> elseif	t:1: '<name>' expected near 'elseif'
--> end	t:1: '<name>' expected near 'end'
--> false	t:1: '<name>' expected near 'false'
--> for	t:1: '<name>' expected near 'for'
--> function	t:1: '<name>' expected near '='
--> goto	a name
--> if	t:1: '<name>' expected near 'if'
--> in	t:1: '<name>' expected near 'in'
--> local	t:1: '<name>' expected near 'local'
--> nil	t:1: '<name>' expected near 'nil'
--> not	t:1: '<name>' expected near 'not'
--> or	t:1: '<name>' expected near 'or'
--> repeat	t:1: '<name>' expected near 'repeat'
--> return	t:1: '<name>' expected near 'return'
--> then	t:1: '<name>' expected near 'then'
--> true	t:1: '<name>' expected near 'true'
--> until	t:1: '<name>' expected near 'until'
--> while	t:1: '<name>' expected near 'while'
--> 1	2	3	4	5	6
--> 1	2	3
--> nil	t:1: '<name>' expected near 'and'
--> nil	t:1: unexpected symbol near 'end'

-- Operators that share prefixes, and characters that are no tokens.
local a, b = 1, 2
print(a==b, a~=b, a<=b, a>=b, a<b, a>b, a-b, a- -b, a - - - b)
print("a".."b", 1 ..2, #"abc"..#"de")
local t = {1,2;3,}
print(#t, t[1]+t[2]-t[3])
local function try(source) print(source, select(2, loadstring(source, "=t"))) end
try "x = 1 @ 2"
try "x = a ! b"
try "x = $"
try "x = a != b"
try "x = ?"
try "x ~ 1"
try "x = `a`"
try "a.b:c = 1"
try "a = b...c"
try "x = \1"
try "x = \127"
try "x = 5 // 2"
try "x = a & b"
try "x = a | b"
try "::a"
try "x = }"
--> false	true	true	false	true	false	-1	3	-1
--> ab	12	32
--> 3	0
--> x = 1 @ 2	t:1: unexpected symbol near '@'
--> x = a ! b	t:1: unexpected symbol near '!'
--> x = $	t:1: unexpected symbol near '$'
--> x = a != b	t:1: unexpected symbol near '!'
--> x = ?	t:1: unexpected symbol near '?'
--> x ~ 1	t:1: '=' expected near '~'
--> x = `a`	t:1: unexpected symbol near '`'
--> a.b:c = 1	t:1: function arguments expected near '='
--> a = b...c	t:1: unexpected symbol near '...'
--> x = \x01	t:1: unexpected symbol near 'char(1)'
--> x = \x7f	t:1: unexpected symbol near 'char(127)'
--> x = 5 // 2	t:1: unexpected symbol near '/'
--> x = a & b	t:1: unexpected symbol near '&'
--> x = a | b	t:1: unexpected symbol near '|'
--> ::a	t:1: '::' expected near '<eof>'
--> x = }	t:1: unexpected symbol near '}'

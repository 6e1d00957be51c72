-- What "near" quotes in syntax errors.
local function try(source) print((select(2, loadstring(source, "=t")))) end
try "x = = 1"
try "x = 'text' 'more'"
try "for"
try "for 1"
try "local 1"
try "x = 12 34"
try "if x"
try "return return"
try "x = [[long string]] y"
try "f("
try "f(1"
try "f(1,"
try "a = {1, 2"
try "a = {1, 2\n\n"
try "a = (1 + \n 2"
try "x = function"
try "x = function("
try "x = function(a,"
try "x = function(a b)"
try "x = function(..., a)"
try "do"
try "while true do\n\n\nx = 1"
try "repeat x = 1"
try "if a then else elseif b then end"
try "end"
try "x"
try "x.y"
try "x:y"
try "x, y"
try "(x) = 1"
try "f() = 1"
try "'a' = 1"
try "a.1 = 2"
try "local function a.b() end"
try "function a:b.c() end"
try("x = " .. ("y"):rep(100) .. " z")
--> t:1: unexpected symbol near '='
--> t:1: unexpected symbol near ''more''
--> t:1: '<name>' expected near '<eof>'
--> t:1: '<name>' expected near '1'
--> t:1: '<name>' expected near '1'
--> t:1: unexpected symbol near '34'
--> t:1: 'then' expected near '<eof>'
--> t:1: unexpected symbol near 'return'
--> t:1: '=' expected near '<eof>'
--> t:1: unexpected symbol near '<eof>'
--> t:1: ')' expected near '<eof>'
--> t:1: unexpected symbol near '<eof>'
--> t:1: '}' expected near '<eof>'
--> t:3: '}' expected (to close '{' at line 1) near '<eof>'
--> t:2: ')' expected (to close '(' at line 1) near '<eof>'
--> t:1: '(' expected near '<eof>'
--> t:1: <name> or '...' expected near '<eof>'
--> t:1: <name> or '...' expected near '<eof>'
--> t:1: ')' expected near 'b'
--> t:1: ')' expected near ','
--> t:1: 'end' expected near '<eof>'
--> t:4: 'end' expected (to close 'while' at line 1) near '<eof>'
--> t:1: 'until' expected near '<eof>'
--> t:1: 'end' expected near 'elseif'
--> t:1: '<eof>' expected near 'end'
--> t:1: '=' expected near '<eof>'
--> t:1: '=' expected near '<eof>'
--> t:1: function arguments expected near '<eof>'
--> t:1: '=' expected near '<eof>'
--> t:1: syntax error near '='
--> t:1: unexpected symbol near '='
--> t:1: unexpected symbol near ''a''
--> t:1: '=' expected near '.1'
--> t:1: '(' expected near '.'
--> t:1: '(' expected near '.'
--> t:1: '=' expected near '<eof>'

-- Invalid escapes and unfinished strings.
local function try(source)
  local f, message = loadstring(source, "=t")
  print(f and "ok" or message)
end
try [[x = "\q"]]
try [[x = "\xg1"]]
try [[x = "\x1"]]
try [[x = "\256"]]
try [[x = "\300"]]
try [[x = "\u{110000}"]]
try [[x = "\u{}"]]
try [[x = "\u41"]]
try [[x = "\u{41"]]
try [[x = "\u{D800}"]]
try "x = \"abc"
try "x = 'abc\n'"
try "x = \"abc\\"
try "x = [[abc"
try "x = [==[abc]=]"
try "x = [=abc"
try "--[[ never closed"
try "--[==[ never closed ]] ]=]"
try "x = '\\z  \n  done'"
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: invalid escape sequence near '"'
--> t:1: unfinished string near '<eof>'
--> t:1: unfinished string near ''abc'
--> t:1: unfinished string near '<eof>'
--> t:1: unfinished long string near '<eof>'
--> t:1: unfinished long string near '<eof>'
--> t:1: invalid long string delimiter near '[='
--> t:1: unfinished long comment near '<eof>'
--> t:1: unfinished long comment near '<eof>'
--> ok

-- Limits of the parser: locals, upvalues, nesting, expressions, constants; with messages.
-- modes: -gc-stress
local function try(name, source) local f, m = loadstring(source, "=t") if not f then print(name, (m:gsub("%s+", " "):sub(1, 120))) else local r = { pcall(f) } print(name, r[1], tostring(r[2]):sub(1, 60)) end end
local function seq(n, f, sep) local t = {} for i = 1, n do t[i] = f(i) end return table.concat(t, sep or " ") end
try("200 locals", seq(200, function(i) return "local v" .. i .. " = " .. i end) .. " return v200") try("201 locals", seq(201, function(i) return "local v" .. i end)) try("60 upvalues", seq(60, function(i) return "local u" .. i .. " = " .. i end) .. " return (function() return " .. seq(60, function(i) return "u" .. i end, "+") .. " end)()") try("61 upvalues", seq(61, function(i) return "local u" .. i .. " = " .. i end) .. " return (function() return " .. seq(61, function(i) return "u" .. i end, "+") .. " end)()")
try("190 parens", "return " .. ("("):rep(190) .. "1" .. (")"):rep(190)) try("300 parens", "return " .. ("("):rep(300) .. "1" .. (")"):rep(300)) try("nested functions", ("return (function() "):rep(60) .. "return 7 " .. ("end)() "):rep(60)) try("nested do", ("do "):rep(300) .. ("end "):rep(300)) try("nested tables", "return " .. ("{"):rep(150) .. ("}"):rep(150) .. " ~= nil") try("deep tables", "return " .. ("{"):rep(250) .. ("}"):rep(250)) try("unary chain", "return " .. ("- "):rep(150) .. "1") try("deep unary", "return " .. ("not "):rep(300) .. "1") try("concat chain", "return #(" .. seq(180, function(i) return "'" .. i % 10 .. "'" end, "..") .. ")") try("long concat", "return #(" .. seq(400, function(i) return "'a'" end, "..") .. ")") try("add chain", "return " .. seq(5000, function(i) return "1" end, "+")) try("and chain", "return " .. seq(2000, function(i) return "true" end, " and ")) try("if chain", "local x = 150 " .. seq(150, function(i) return (i > 1 and "else" or "") .. "if x == " .. i .. " then return " .. i end) .. " end")
try("constants", "return #{" .. seq(5000, function(i) return i + 0.5 end, ",") .. "}") try("strings", "local t = {} " .. seq(3000, function(i) return "t.k" .. i .. "=" .. i end) .. " return t.k3000") try("numbers", "local t = {} " .. seq(300, function(i) return "t[" .. i .. "]=" .. i + 0.25 end) .. " return t[300]") try("args", "return select('#'," .. seq(200, function(i) return i end, ",") .. ")") try("too many args", "return select('#'," .. seq(260, function(i) return i end, ",") .. ")") try("params", "return (function(" .. seq(150, function(i) return "p" .. i end, ",") .. ") return p150 end)(" .. seq(150, function(i) return i end, ",") .. ")") try("assign targets", "local t = {} " .. seq(100, function(i) return "t[" .. i .. "]" end, ",") .. " = " .. seq(100, function(i) return i end, ",") .. " return t[100]") try("long name", ("n"):rep(5000) .. " = 5 return " .. ("n"):rep(5000)) try("long string", "return #'" .. ("s"):rep(100000) .. "'") try("many labels", seq(150, function(i) return "::l" .. i .. "::" end) .. " return 'labels'") try("long loop", "local s = 0 for i = 1, 2 do " .. ("s = s + 1 "):rep(8000) .. " end return s") try("method chain", "local t = {} function t:m() return self end return t" .. (":m()"):rep(300) .. " == t") try("index chain", "local t = {} t.x = t return t" .. (".x"):rep(500) .. " == t") try("repeat", ("repeat local a "):rep(100) .. ("until true "):rep(100) .. "return 'done'") try("functions", seq(1000, function(i) return "function f" .. i .. "() return " .. i .. " end" end) .. " return f1000()") try("right assoc", "return " .. ("2^"):rep(190) .. "1") try("deep right assoc", "return " .. ("2^"):rep(300) .. "1") try("vararg fill", "local a = {" .. ("..., "):rep(100) .. "} return #a")
--> 200 locals	true	200
--> 201 locals	t:1: main function has more than 200 local variables
--> 60 upvalues	true	1830
--> 61 upvalues	t:1: function at line 1 has more than 60 upvalues
--> 190 parens	true	1
--> 300 parens	t:1: chunk has too many syntax levels
--> nested functions	true	7
--> nested do	t:1: chunk has too many syntax levels
--> nested tables	true	true
--> deep tables	t:1: chunk has too many syntax levels
--> unary chain	true	1
--> deep unary	t:1: chunk has too many syntax levels
--> concat chain	true	180
--> long concat	t:1: chunk has too many syntax levels
--> add chain	true	5000
--> and chain	true	true
--> if chain	true	150
--> constants	true	5000
--> strings	true	3000
--> numbers	true	300.25
--> args	true	200
--> too many args	t:1: function or expression too complex near '248'
--> params	true	150
--> assign targets	true	100
--> long name	true	5
--> long string	true	100000
--> many labels	true	labels
--> long loop	true	16000
--> method chain	true	true
--> index chain	true	true
--> repeat	true	done
--> functions	true	1000
--> right assoc	true	inf
--> deep right assoc	t:1: chunk has too many syntax levels
--> vararg fill	true	0

-- Searches that begin with a run of bytes: where they fail, from where they go on, and what their captures are.
local cases = {
  { "aaab aab ab b", "a+b" }, { "aaab aab ab b", "(a+)b$" }, { "aaac aab", "(a+)b" }, { "xx=1 yy: 2 zz=3", "(%a+)=(%d+)" },
  { "abc abc abd", "(%a+) %1" }, { "aab aab", "(a+)b ()%1" }, { "abcabc", "(%a+)%1" }, { "xyxyz", "([xy]+)%1z" },
  { "key_1 = v, key_2= w", "([%w_]+)%s*=%s*(%w+)" }, { "a  b", "%a+%s*%a" }, { "word(arg)(x) w", "%a+%b()" }, { "aaa]", "[^]]+]" },
  { "one\ntwo\n\nthree", "[^\n]+\n\n" }, { ("x"):rep(40) .. "\n" .. ("y"):rep(20), "[^\n]+$" }, { ("x"):rep(15) .. "\n", "[^\n]*\n$" },
  { ("x"):rep(16) .. "\nz", "([^\n]*)\n(.)" }, { ("x"):rep(17), "()[^\n]*()" }, { "12ab34", "%d+%a+%d+%f[%z]" }, { "12ab34c", "%d+%f[%z]" },
  { "THE (q) fox", "%f[%a]%a+%f[%A]" }, { "aXbX", "(.-)X()" }, { "a.b.c", "(%w+)%.?(%w*)%.?" }, { "f(1)f(2", "%a+(%b())" },
  { "aaaa", "a+a" }, { "aaaa", "a+a?a" }, { "aaaa", "(a+)(a*)(a)" }, { "aab", "a+()b" }, { "ab12", "%a+%a%d" }, { "ab12", "(%a*)%a%d+" },
  { "\0\0a", "%z+a" }, { "a\0b", "[^\0]+" }, { "a\0b", "[%z]+b" }, { "\255\254z", "[\254-\255]+z" }, { "a-b--c", "[%w]+%-%-" }, { "aaa", "[%s%S]+$" },
  { "aa%", "a+%" }, { "aab", "a+b%" }, { "aab", "a+[b" }, { "aac", "a+b[" }, { "aab", "a+b)" }, { "aab", "(a+b" }, { "aac", "a+b)" }, { "aab", "a+b%2" },
}
local function clean(ok, ...)
  local t = { ... }
  for i = 1, #t do t[i] = tostring(t[i]):gsub("[%c\128-\255]", function(c) return "\\" .. c:byte() end) end
  print(ok, unpack(t))
end
for _, c in ipairs(cases) do clean(pcall(string.find, c[1], c[2])) end
for _, c in ipairs(cases) do
  clean(pcall(string.gsub, c[1], c[2], "<%0|%1>"))
end
for a, b in ("k1=v1;k2 = v2;=;k3=v3"):gmatch "(%w+)%s*=%s*(%w+)" do io.write(a, ">", b, " ") end
for p, w in (" ab c  def"):gmatch "()(%a+)" do io.write(p, w, " ") end
for w in ("^a^^a"):gmatch "^a" do io.write(w, " ") end
print()
-- Depth: captures and repetitions count, whatever is known of the pattern.
for _, n in ipairs { 30, 99, 100, 198, 199, 200, 210 } do
  print(n, pcall(string.find, ("ab"):rep(n), ("a*b"):rep(n)))
  print(n, pcall(string.find, ("ab"):rep(n), ("a+b"):rep(n)))
  print(n, pcall(string.find, ("a"):rep(n), ("a?"):rep(n)))
end
print(pcall(string.find, ("ab"):rep(40), ("(a-)b"):rep(30) .. ("a+b"):rep(9)))
print(pcall(string.find, ("y"):rep(300) .. "z", ("y"):rep(290) .. "y+z"))
--> true	1	4
--> true
--> true	6	8	aa
--> true	1	4	xx	1
--> true	1	7	abc
--> true	1	6	aa	5
--> true	1	6	abc
--> true	1	5	xy
--> true	1	9	key_1	v
--> true	1	4
--> true	1	9
--> true	1	4
--> true	5	9
--> true	42	61
--> true	1	16
--> true	1	18	xxxxxxxxxxxxxxxx	z
--> true	1	17	1	18
--> true	1	6
--> true
--> true	1	3
--> true	1	2	a	3
--> true	1	4	a	b
--> true	1	4	(1)
--> true	1	4
--> true	1	4
--> true	1	4	aaa		a
--> true	1	3	3
--> true	1	3
--> true	1	4	a
--> true	1	3
--> false	malformed pattern (missing ']')
--> true	2	3
--> true	1	3
--> true	3	5
--> true	1	3
--> false	malformed pattern (ends with '%')
--> false	malformed pattern (ends with '%')
--> false	malformed pattern (missing ']')
--> true
--> false	invalid pattern capture
--> false	unfinished capture
--> true
--> false	invalid capture index
--> true	<aaab|aaab> <aab|aab> <ab|ab> b	3
--> true	aaab aab ab b	0
--> true	aaac <aab|aa>	1
--> true	<xx=1|xx> yy: 2 <zz=3|zz>	2
--> true	<abc abc|abc> abd	1
--> true	<aab aa|aa>b	1
--> true	<abcabc|abc>	1
--> true	<xyxyz|xy>	1
--> true	<key_1 = v|key_1>, <key_2= w|key_2>	2
--> true	<a  b|a  b>	1
--> true	<word(arg)|word(arg)>(x) w	1
--> true	<aaa]|aaa]>	1
--> true	one\10<two\10\10|two\10\10>three	1
--> true	xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\10<yyyyyyyyyyyyyyyyyyyy|yyyyyyyyyyyyyyyyyyyy>	1
--> true	<xxxxxxxxxxxxxxx\10|xxxxxxxxxxxxxxx\10>	1
--> true	<xxxxxxxxxxxxxxxx\10z|xxxxxxxxxxxxxxxx>	1
--> true	<xxxxxxxxxxxxxxxxx|1><|18>	2
--> true	<12ab34|12ab34>	1
--> true	12ab34c	0
--> true	<THE|THE> (<q|q>) <fox|fox>	3
--> true	<aX|a><bX|b>	2
--> true	<a.b.|a><c|c>	2
--> true	<f(1)|(1)>f(2	1
--> true	<aaaa|aaaa>	1
--> true	<aaaa|aaaa>	1
--> true	<aaaa|aaa>	1
--> true	<aab|3>	1
--> true	<ab1|ab1>2	1
--> true	<ab12|a>	1
--> true	<\0\0a|\0\0a>	1
--> false	malformed pattern (missing ']')
--> true	a<\0b|\0b>	1
--> true	<\255\254z|\255\254z>	1
--> true	a-<b--|b-->c	1
--> true	<aaa|aaa>	1
--> false	malformed pattern (ends with '%')
--> false	malformed pattern (ends with '%')
--> false	malformed pattern (missing ']')
--> true	aac	0
--> false	invalid pattern capture
--> false	unfinished capture
--> true	aac	0
--> false	invalid capture index
--> k1>v1 k2>v2 k3>v3 2ab 5c 8def ^a ^a 
--> 30	true	1	60
--> 30	true	1	60
--> 30	true	1	30
--> 99	true	1	198
--> 99	true	1	198
--> 99	true	1	99
--> 100	true	1	200
--> 100	true	1	200
--> 100	true	1	100
--> 198	true	1	396
--> 198	true	1	396
--> 198	true	1	198
--> 199	true	1	398
--> 199	true	1	398
--> 199	true	1	199
--> 200	false	pattern too complex
--> 200	false	pattern too complex
--> 200	false	pattern too complex
--> 210	false	pattern too complex
--> 210	false	pattern too complex
--> 210	false	pattern too complex
--> true	1	78	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a	a
--> true	1	301

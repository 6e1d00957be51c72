-- gmatch: captures, empty matches, anchors, state, modification while iterating.
local function all(s, p) local t = {} for a, b in s:gmatch(p) do t[#t + 1] = tostring(a) .. (b and "/" .. tostring(b) or "") end print(#t, table.concat(t, " ")) end
all("one two  three", "%a+") all("k1=v1;k2=v2", "(%w+)=(%w+)") all("abc", "") all("abc", "()") all("", "") all("", "x") all("aXbXc", "[^X]*") all("aaa", "a-") all("a b", "^a") all("hello", "l*") all("1,2,,3", "([^,]*)") all("x(a)y(b(c))", "%b()") all("THE END", "%f[%w]%w") all("abc", ".$") all("a\0b", "%Z")
local it = ("a b"):gmatch "%a" print(it(), it(), it(), it()) print(type(it), pcall(it)) local n = 0 for w in ("x "):rep(1000):gmatch "x" do n = n + 1 end print(n) for a, b, c in ("123456"):gmatch "(%d)(%d)(%d)" do io.write(a, b, c, " ") end print() for k, v in string.gmatch("a=1, b=2", "(%w+)=(%w+)") do io.write(k, v, ";") end print() for i in ("abc"):gmatch "()" do io.write(i, " ") end print()
local outer = {} for a in ("ab cd"):gmatch "%a+" do for c in a:gmatch "." do outer[#outer + 1] = c end end print(table.concat(outer)) local co = coroutine.wrap(function() for w in ("p q r"):gmatch "%a" do coroutine.yield(w) end end) print(co(), co(), co()) print(string.gmatch("x", "y")()) print(pcall(string.gmatch, "x")) for w in ("12345"):gmatch "%d%d" do io.write(w, " ") end print()
local words = {} for w in ("the quick the lazy the end"):gmatch "%w+" do words[w] = (words[w] or 0) + 1 end print(words.the, words.quick, words.none)
--> 3	one two three
--> 2	k1/v1 k2/v2
--> 4	   
--> 4	1 2 3 4
--> 1	
--> 0	
--> 6	a  b  c 
--> 4	   
--> 0	
--> 5	  ll  
--> 7	1  2   3 
--> 2	(a) (b(c))
--> 2	T E
--> 1	c
--> 2	a b
--> a	b	nil
--> function	true
--> 1000
--> 123 456 
--> a1;b2;
--> 1 2 3 4 
--> abcd
--> p	q	r
-->
--> false	bad argument #2 to '?' (string expected, got no value)
--> 12 34 
--> 3	1	nil

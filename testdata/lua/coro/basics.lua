-- create, resume, yield, status: passing values both ways.
local co = coroutine.create(function(a, b) print("start", a, b) local c = coroutine.yield(a + b) print("got", c) local d, e = coroutine.yield(c * 2) print("got", d, e) return "done", "end" end)
print(coroutine.status(co), type(co)) print(coroutine.resume(co, 1, 2)) print(coroutine.status(co)) print(coroutine.resume(co, 10)) print(coroutine.resume(co, "x", "y")) print(coroutine.status(co)) print(coroutine.resume(co)) print(coroutine.resume(co))
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end for i in gen(3) do io.write(i, " ") end print()
local g = gen(1) print(g(), g()) print(pcall(g))
print(select("#", coroutine.resume(coroutine.create(function() coroutine.yield() end)))) print(select("#", coroutine.resume(coroutine.create(function() return nil, nil end))))
co = coroutine.create(function(...) local args = { ... } while true do args = { coroutine.yield(#args, unpack(args)) } end end) print(coroutine.resume(co)) print(coroutine.resume(co, 1)) print(coroutine.resume(co, 1, 2, 3))
co = coroutine.create(error) print(coroutine.resume(co, "message")) print(coroutine.status(co))
co = coroutine.create(function() error({ code = 5 }) end) local ok, e = coroutine.resume(co) print(ok, type(e), e.code)
co = coroutine.create(function() local x = nil x() end) print(coroutine.resume(co))
print(pcall(coroutine.create)) print(pcall(coroutine.create, 1)) print(pcall(coroutine.resume, 1)) print(pcall(coroutine.status, {})) print(pcall(coroutine.wrap)) print(pcall(coroutine.yield))
co = coroutine.wrap(function() return pcall(pcall, error, "nested") end) print(co())
co = coroutine.create(print) print(coroutine.resume(co, "builtin", "body")) print(coroutine.status(co))
co = coroutine.create(coroutine.yield) print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, "back")) print(coroutine.status(co))
local big = {} for i = 1, 200 do big[i] = i end co = coroutine.create(function(...) return select("#", ...), select("#", coroutine.yield(...)) end) print(select("#", coroutine.resume(co, unpack(big)))) print(coroutine.resume(co, unpack(big)))
--> suspended	thread
--> start	1	2
--> true	3
--> suspended
--> got	10
--> true	20
--> got	x	y
--> true	done	end
--> dead
--> false	cannot resume dead coroutine
--> false	cannot resume dead coroutine
--> 1 2 3 
--> 1
--> false	cannot resume dead coroutine
--> 1
--> 3
--> true	0
--> true	1	1
--> true	3	1	2	3
--> false	message
--> dead
--> false	table	5
--> false	basics.lua:10: attempt to call local 'x' (a nil value)
--> false	bad argument #1 to '?' (function expected, got no value)
--> false	bad argument #1 to '?' (function expected, got number)
--> false	bad argument #1 to '?' (coroutine expected)
--> false	bad argument #1 to '?' (coroutine expected)
--> false	bad argument #1 to '?' (function expected, got no value)
--> false	attempt to yield across C-call boundary
--> true	false	nested
--> builtin	body
--> true
--> dead
--> true	1	2
--> true	back
--> dead
--> 201
--> true	200	200

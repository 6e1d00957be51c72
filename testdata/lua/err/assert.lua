-- assert: results, messages, values of any type.
print(assert(1, 2, 3)) print(select("#", assert(1, nil, nil))) print(assert("v", "w")) print(pcall(assert, false)) print(pcall(assert, nil)) print(pcall(assert, nil, "msg")) print(pcall(assert, false, "msg", "extra"))
print(pcall(assert, nil, nil)) print(type(select(2, pcall(assert, nil, {})))) print(pcall(assert, false, 42)) print(pcall(assert)) print(pcall(function() assert(false, "no position added") end)) print(pcall(function() assert(nil) end)) print(pcall(function() assert() end))
print(pcall(assert, loadstring("x =", "=t"))) print(pcall(assert, io.open("/nonexistent/file"))) print((assert(loadstring "return 5"))()) print(assert(0), assert(""), assert({}) ~= nil)
local e = setmetatable({}, { __tostring = function() return "E" end }) print(select(2, pcall(assert, false, e)) == e) print(pcall(assert, 1 == 2, ("formatted %d"):format(5)))
--> 1	2	3
--> 3
--> v	w
--> false	assertion failed!
--> false	assertion failed!
--> false	msg
--> false	msg
--> false	nil
--> table
--> false	42
--> false	bad argument #1 to '?' (value expected)
--> false	assert.lua:3: no position added
--> false	assert.lua:3: assertion failed!
--> false	assert.lua:3: bad argument #1 to 'assert' (value expected)
--> false	t:1: unexpected symbol near '<eof>'
--> false	/nonexistent/file: No such file or directory
--> 5
--> 0		true
--> true
--> false	formatted 5

-- jit.on, off, flush, attach, security, opt.start: arguments and their errors.
-- modes: -without-passes
print(jit.version, jit.version_num, jit.os == "Linux", type(jit.arch)) print(type(jit.status())) print(select("#", jit.status()) > 10)
print(pcall(jit.on, 1)) print(pcall(jit.off, "x")) print(pcall(jit.on, print)) print(pcall(jit.flush, "x")) print(pcall(jit.flush, 5)) print(pcall(jit.flush, {}))
local function f() end print(select("#", jit.off(f)), select("#", jit.on(f, true)), select("#", jit.flush(f, false)), select("#", jit.off(true, true)), select("#", jit.on(true)))
print(pcall(jit.attach)) print(pcall(jit.attach, 1)) print(pcall(jit.attach, f, {})) jit.attach(f, "none") jit.attach(f)
print(jit.security "prng", jit.security "strhash", jit.security "strid", jit.security "mcode") print(pcall(jit.security, "x")) print(pcall(jit.security))
for _, option in ipairs { "3", "9", "+fold", "-fold", "fold", "nofold", "no-fold", "hotloop=10", "hotexit=", "maxtrace=007", "zz", "", "10", "+", "hotloop", "hotloop=x", "hotloop=-1", "=1" } do print(option, pcall(jit.opt.start, option)) end
print(pcall(jit.opt.start, {})) print(pcall(jit.opt.start, "3", "bad")) jit.opt.start()
print(package.loaded["jit.opt"] == jit.opt, jit.util, type(package.preload["jit.util"]), type(package.preload["jit.profile"]))
--> LuaJIT 2.1.0-beta3	20100	true	string
--> boolean
--> true
--> false	bad argument #1 to '?' (function expected, got number)
--> false	bad argument #1 to '?' (function expected, got string)
--> false	bad argument #1 to '?' (function expected, got function)
--> false	bad argument #1 to '?' (function expected, got string)
--> true
--> false	bad argument #1 to '?' (function expected, got table)
--> 0	0	0	0	0
--> false	bad argument #1 to '?' (function expected, got no value)
--> false	bad argument #1 to '?' (function expected, got number)
--> false	bad argument #2 to '?' (string expected, got table)
--> 1	1	1	1
--> false	bad argument #1 to '?' (invalid option 'x')
--> false	bad argument #1 to '?' (string expected, got no value)
--> 3	true
--> 9	true
--> +fold	true
--> -fold	true
--> fold	true
--> nofold	true
--> no-fold	true
--> hotloop=10	true
--> hotexit=	true
--> maxtrace=007	true
--> zz	false	unknown or malformed optimization flag 'zz'
--> 	false	unknown or malformed optimization flag ''
--> 10	false	unknown or malformed optimization flag '10'
--> +	false	unknown or malformed optimization flag '+'
--> hotloop	false	unknown or malformed optimization flag 'hotloop'
--> hotloop=x	false	unknown or malformed optimization flag 'hotloop=x'
--> hotloop=-1	false	unknown or malformed optimization flag 'hotloop=-1'
--> =1	false	unknown or malformed optimization flag '=1'
--> false	bad argument #1 to '?' (string expected, got table)
--> false	unknown or malformed optimization flag 'bad'
--> true	nil	function	function

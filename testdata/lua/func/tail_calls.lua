-- Tail calls do not grow the stack and keep their results; levels vanish from tracebacks.
-- modes: -gc-stress
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + n) end
print(loop(200000, 0))
local function a(n) if n == 0 then return "a done" end return (function(m) return a(m) end)(n - 1) end
print(a(100000))
local obj = { n = 100000 }
function obj:down() if self.n == 0 then return "method done" end self.n = self.n - 1 return self:down() end
print(obj:down())
local function multi() return 1, 2, 3 end
local function tail() return multi() end
local function nottail() return (multi()) end
print(tail()) print(nottail())
local function va(n, ...) if n == 0 then return select("#", ...), ... end return va(n - 1, ...) end print(va(50000, 1, nil, 3, nil))
local callable = setmetatable({}, { __call = function(self, n) if n == 0 then return "callable done" end return self(n - 1) end })
print(callable(50000))
local function builtin(x) return tostring(x) end print(builtin(12))
local function pc(n) if n == 0 then return "end" end return pcall(pc, n - 1) end print(select("#", pc(20)))
local function cond(x) return x and multi() end print(cond(true)) print(cond(false))
local co = coroutine.wrap(function() return coroutine.yield(1) end) print(co()) print(co("resumed", 2))
local function state(s, n) if n == 0 then return s end if s == "x" then return state("y", n - 1) else return state("x", n - 1) end end
print(state("x", 99999))
local function many(...) return multi(...), multi() end print(many())
--> 20000100000
--> a done
--> method done
--> 1	2	3
--> 1
--> 4	1	nil	3	nil
--> callable done
--> 12
--> 21
--> 1
--> false
--> 1
--> resumed	2
--> y
--> 1	1	2	3

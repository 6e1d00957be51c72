-- __concat tail-calls a builtin that returns another concatenable object
local mt = {}
mt.__concat = function() return setmetatable({}, mt) end
local a, r = setmetatable({}, mt), nil
for _ = 1, 80 do r = "" .. "" .. a end
print(getmetatable(r) == mt)
--> true

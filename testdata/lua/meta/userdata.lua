-- newproxy and metatables of userdata.
local u = newproxy() print(type(u), getmetatable(u), pcall(function() return u.x end))
local v = newproxy(true) local mt = getmetatable(v) print(type(mt), next(mt))
mt.__index = function(_, k) return "field " .. tostring(k) end mt.__call = function(_, ...) return "called", ... end mt.__add = function(a, b) return "sum" end mt.__concat = function() return "cat" end mt.__unm = function() return "neg" end
print(v.name, v[1], v(1, 2), v + 1, 1 + v, v .. "x", "x" .. v, -v)
local w = newproxy(v) print(getmetatable(w) == mt, w.other, w == v, rawequal(w, w))
print(pcall(function() v.x = 1 end)) local store = {} mt.__newindex = store v.x = 5 print(store.x)
mt.__newindex = function(_, k, val) store[k] = val * 2 end v.y = 4 print(store.y)
print(newproxy(false) ~= nil, getmetatable(newproxy(false)), pcall(newproxy, 1), pcall(newproxy, newproxy())) print(pcall(newproxy, {}))
mt.__lt = function() return true end mt.__le = function() return false end print(v < w, v <= w, v > w)
mt.__metatable = "hidden" print(getmetatable(v)) print(pcall(setmetatable, v, {})) print(pcall(rawget, v, "x")) print(pcall(next, v)) print(pcall(pairs, v))
local t = {} t[v] = "as key" t[w] = "other key" print(t[v], t[w], t[u])
print(debug.setmetatable(u, { __tostring = function() return "custom" end }) == u, tostring(u)) print(debug.getmetatable(v) == mt) debug.setmetatable(u, nil) print(debug.getmetatable(u))
print(type(io.stdout), io.type(u), getmetatable(io.stdout).__index.write ~= nil, getmetatable(io.stdout).__name)
--> userdata	nil	false	userdata.lua:2: attempt to index upvalue 'u' (a userdata value)
--> table	nil
--> field name	field 1	called	sum	sum	cat	cat	neg
--> true	field other	false	true
--> false	userdata.lua:7: attempt to index upvalue 'v' (a userdata value)
--> 5
--> 8
--> true	nil	false	false	bad argument #1 to '?' (boolean or proxy expected)
--> false	bad argument #1 to '?' (boolean or proxy expected)
--> true	false	true
--> hidden
--> false	bad argument #1 to '?' (table expected, got userdata)
--> false	bad argument #1 to '?' (table expected, got userdata)
--> false	bad argument #1 to '?' (table expected, got userdata)
--> false	bad argument #1 to '?' (table expected, got userdata)
--> as key	other key	nil
--> false	custom
--> true
--> nil
--> userdata	nil	true	nil

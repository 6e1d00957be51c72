-- Weak tables: values, keys, both; strings and numbers stay; resurrection does not.
-- modes: -gc-stress
local function count(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end local function fill(mode) local t = setmetatable({}, { __mode = mode }) for i = 1, 10 do t[i] = {} end for i = 1, 10 do t[{}] = i end for i = 1, 5 do t["s" .. i] = "v" .. i end t.fn = function() end return t end
for _, mode in ipairs { "v", "k", "kv", "x", "" } do local t = fill(mode) collectgarbage() collectgarbage() print(mode, count(t)) end local keep = {} local t = setmetatable({}, { __mode = "v" }) t[1] = keep t[2] = {} t[3] = "string" t[4] = 5 t.x = keep collectgarbage() print(t[1] == keep, t[2], t[3], t[4], t.x == keep) local k = setmetatable({}, { __mode = "k" }) local key = {} k[key] = "v" k[{}] = "gone" k[1] = {} k.s = {} collectgarbage() print(count(k), k[key]) local cyc = setmetatable({}, { __mode = "k" }) do local a = {} cyc[a] = { a } end collectgarbage() print(count(cyc) <= 1) local cache = setmetatable({}, { __mode = "v" }) local function get(n) local v = cache[n] or { n } cache[n] = v return v end local held = get(1) print(get(1) == held) get(2) collectgarbage() print(cache[1] == held, cache[2]) t = setmetatable({}, { __mode = "v" }) local all = {} for i = 1, 1000 do all[i] = { i } t[i] = all[i] end local some = {} for i = 100, 1000, 100 do some[#some + 1] = t[i] end all = nil collectgarbage() print(count(t), #some, t[100] == some[1], t[101])
local mt = {} local late = setmetatable({ {} }, mt) collectgarbage() print(count(late)) mt.__mode = "v" setmetatable(late, mt) collectgarbage() print(count(late)) local fw = setmetatable({}, { __mode = "k" }) fw[function() return fw end] = 1 fw[coroutine.create(function() end)] = 2 fw[newproxy()] = 3 fw[print] = 4 collectgarbage() collectgarbage() print(count(fw)) local it = setmetatable({}, { __mode = "k" }) for i = 1, 100 do it[{}] = i end local n = 0 for a, b in pairs(it) do n = n + 1 if n % 10 == 0 then collectgarbage() end end print(n <= 100) collectgarbage() collectgarbage() print(count(it) <= 1)
--> v	15
--> k	16
--> kv	5
--> x	26
--> 	26
--> true	nil	string	5	true
--> 3	v
--> true
--> true
--> true	nil
--> 10	10	true	nil
--> 1
--> 0
--> 1
--> true
--> true

-- yield across pcall, xpcall, metamethods, iterators and tail calls.
local yield, wrap = coroutine.yield, coroutine.wrap
local function run(name, f) local co, out = coroutine.create(f), {} local args = { "first" }
  while true do local r = { coroutine.resume(co, unpack(args)) } out[#out + 1] = tostring(r[1]) .. ":" .. tostring(r[2]) if coroutine.status(co) == "dead" then break end args = { #out * 10 } end print(name, table.concat(out, " ")) end
run("pcall", function() local ok, v = pcall(function() return yield(1) + 1 end) return v end)
run("pcall error", function() local ok, e = pcall(function() yield(1) error("after yield", 0) end) yield(e) return ok end)
run("nested pcall", function() return select(4, pcall(pcall, pcall, yield, "deep")) end)
run("xpcall", function() local _, v = xpcall(function() yield(1) error("e", 0) end, function(m) return m .. " handled" end) return v end)
run("add", function() local t = setmetatable({}, { __add = function(a, b) return yield("in add") + b end }) return t + 5 end)
run("index", function() local t = setmetatable({}, { __index = function(_, k) return yield(k) end }) return t.x + t.y end)
run("newindex", function() local log = {} local t = setmetatable({}, { __newindex = function(_, k, v) log[k] = yield(v) end }) t.x = 1 t.y = 2 return log.x + log.y end)
run("call", function() local t = setmetatable({}, { __call = function(_, v) return yield(v) end }) return t(1) + t(2) end)
run("eq", function() local mt = { __eq = function() return yield("eq") end } return setmetatable({}, mt) == setmetatable({}, mt) end)
run("lt", function() local mt = { __lt = function() return yield("lt") end } local a, b = setmetatable({}, mt), setmetatable({}, mt) if a < b then return "less" else return "not" end end)
run("le via lt", function() local mt = { __lt = function() return yield("lt") end } local a, b = setmetatable({}, mt), setmetatable({}, mt) return a <= b end)
run("concat", function() local t = setmetatable({}, { __concat = function(a, b) return yield("cat") .. "|" end }) return "a" .. t .. "c" .. 4 end)
run("unm", function() return -setmetatable({}, { __unm = function() return yield("unm") end }) end)
run("iterator", function() local s = 0 for i in function(_, c) return yield(c) and (c or 0) < 3 and (c or 0) + 1 or nil end do s = s + i end return s end)
run("wrap in for", function() local s = 0 for v in wrap(function() for i = 1, 3 do yield(i) end end) do s = s + v yield(v) end return s end)
run("tail", function() return yield(yield(yield(1))) end)
run("len", function() local u = newproxy(true) getmetatable(u).__len = function() return yield("len") end return #u end)
--> pcall	true:1 true:11
--> pcall error	true:1 true:after yield true:false
--> nested pcall	true:deep true:10
--> xpcall	true:1 true:e handled
--> add	true:in add true:15
--> index	true:x true:y true:30
--> newindex	true:1 true:2 true:30
--> call	true:1 true:2 true:30
--> eq	true:eq true:true
--> lt	true:lt true:less
--> le via lt	true:lt true:false
--> concat	true:cat true:a10|
--> unm	true:unm true:10
--> iterator	true:nil true:1 true:2 true:3 true:6
--> wrap in for	true:1 true:2 true:3 true:6
--> tail	true:1 true:10 true:20 true:30
--> len	true:len true:10

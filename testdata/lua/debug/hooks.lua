-- sethook: call, return, line and count events; gethook; hooks that fail; per coroutine.
-- modes: -stripped
local log = {} local function traced(mask, f, count) log = {} debug.sethook(function(e, l) log[#log + 1] = e .. (l and ":" .. l or "") end, mask, count) f() debug.sethook() return table.concat(log, " ") end
local function leaf() return 1 end local function mid() local x = leaf() return x end
print(traced("c", mid)) print(traced("r", mid)) print(traced("cr", function() local x = math.abs(-1) return x end)) local function tail() return leaf() end print(traced("cr", tail))
print(traced("l", function()
  local a = 1

  for i = 1, 2 do
    a = a + i
  end
  if a > 100 then
    a = 0
  else
    a = 1
  end
  return a
end))
print(debug.gethook()) local function h() end debug.sethook(h, "crl", 5) local hf, mask, n = debug.gethook() debug.sethook() print(hf == h, mask, n) print(debug.gethook()) local c = 0 debug.sethook(function(e) c = c + 1 end, "", 100) for i = 1, 1000 do end debug.sethook() print(c > 5, c < 1000)
print(pcall(function() debug.sethook(function() debug.sethook() error("from hook", 0) end, "l")
  local x = 1
end)) debug.sethook() local co = coroutine.create(function() local x = 1 coroutine.yield() local y = 2 end) local lines = 0 debug.sethook(co, function() lines = lines + 1 end, "l") print(debug.gethook() == nil or "hooks are shared by all coroutines") debug.sethook(co) debug.sethook() print(pcall(debug.sethook, 1)) print(pcall(debug.sethook, print, {})) debug.sethook() local names = {} debug.sethook(function() local i = debug.getinfo(2, "nS") names[#names + 1] = tostring(i.name) .. "/" .. i.what end, "c") leaf() local s = ("x"):rep(2) debug.sethook() print(table.concat(names, " ")) local depth = 0 debug.sethook(function() depth = depth + 1 leaf() end, "c") leaf() leaf() debug.sethook() print(depth) local vals = {} local function watch() local v = 1 v = v + 1 v = v * 10 return v end debug.sethook(function() local n, v = debug.getlocal(2, 1) if n == "v" then vals[#vals + 1] = v end end, "l", 0) watch() debug.sethook() print(#vals)
--> call call call
--> return return
--> call call return call
--> call call return call
--> line:7 line:9 line:10 line:9 line:10 line:9 line:12 line:15 line:17 line:3
--> nil		0
--> true	crl	5
--> nil		0
--> true	true
--> false	from hook
--> hooks are shared by all coroutines
--> false	bad argument #2 to '?' (string expected, got no value)
--> false	bad argument #2 to '?' (string expected, got table)
--> leaf/Lua rep/C sethook/C
--> 3
--> 0

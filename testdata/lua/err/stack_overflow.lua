-- Stack overflow is an ordinary error: Lua recursion, metamethods, native callbacks, in handlers; the program goes on.
-- modes: -gc-stress
local function inf(n) return 1 + inf(n + 1) end
local ok, m = pcall(inf, 1) print(ok, m:match "stack overflow")
for i = 1, 3 do ok = pcall(inf, 1) io.write(tostring(ok), " ") end print()
local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] + 1 end ok, m = pcall(function() return t[1] end) print(ok, m:match "stack overflow")
getmetatable(t).__add = function(a, b) return (a + b) + 1 end ok, m = pcall(function() return t + 1 end) print(ok, m:match "stack overflow")
getmetatable(t).__call = function(self, x) return 1 + self(x) end ok, m = pcall(t, 1) print(ok, m:match "stack overflow")
getmetatable(t).__tostring = function(self) return tostring(self) .. "x" end ok, m = pcall(tostring, t) print(ok, m:match "stack overflow")
local function viapcall(n) local ok, m = pcall(viapcall, n + 1) if not ok then error(m, 0) end return n end ok, m = pcall(viapcall, 1) print(ok, tostring(m):match "stack overflow" or tostring(m):match "error in error")
ok, m = xpcall(inf, function(m) return "handled: " .. tostring(m):match "stack overflow" end, 1) print(ok, m)
print((tostring(select(2, pcall(function() local function va(...) return 1 + va(1, ...) end va() end))):match "stack overflow"))
local function wide(n) local a, b, c, d, e, f, g, h, i, j, k, l = n return wide(n + 1) + (a or 0) end print(pcall(wide, 1) == false)
print(pcall(unpack, {}, 1, 1e6)) print(pcall(function() return unpack({}, 1, 1e5) end)) print(pcall(string.byte, ("x"):rep(1e6), 1, -1))
print(select("#", unpack({}, 1, 5000))) local function usable(n) if n == 0 then return 0 end return 1 + usable(n - 1) end print(usable(10000))
--> false	stack overflow
--> false false false 
--> false	stack overflow
--> false	stack overflow
--> false	stack overflow
--> false	stack overflow
--> false	stack overflow
--> false	handled: stack overflow
--> stack overflow
--> true
--> false	too many results to unpack
--> false	too many results to unpack
--> false	string slice too long
--> 5000
--> 10000

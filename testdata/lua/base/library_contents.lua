-- The names in every library table.
for _, name in ipairs { "string", "table", "math", "bit", "coroutine", "io", "os", "debug", "package", "jit" } do
  local names = {} for k in pairs(_G[name]) do if k ~= "kiln" then names[#names + 1] = tostring(k) end end table.sort(names) print(name, table.concat(names, " "))
end
local loaded = {} for k in pairs(package.loaded) do loaded[#loaded + 1] = k end table.sort(loaded) print(table.concat(loaded, " "))
local preload = {} for _, k in ipairs { "jit.util", "string.buffer", "table.clear", "table.new" } do preload[#preload + 1] = k .. "=" .. type(package.preload[k]) end print(table.concat(preload, " "))
local function sorted(t) local n = {} for k in pairs(t) do n[#n + 1] = k end table.sort(n) return table.concat(n, " ") end
print(sorted(getmetatable(io.stdout))) print(sorted(getmetatable(io.stdout).__index)) print(sorted(require "string.buffer")) print(sorted(require "table.new" and { ok = 1 }), type(require "table.clear"))
print(math.huge, math.pi, package.config:gsub("\n", "|"))
--> string	byte char dump find format gmatch gsub len lower match rep reverse sub upper
--> table	concat foreach foreachi getn insert maxn move remove sort
--> math	abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow rad random randomseed sin sinh sqrt tan tanh
--> bit	arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex
--> coroutine	create isyieldable resume running status wrap yield
--> io	close flush input lines open output popen read stderr stdin stdout tmpfile type write
--> os	clock date difftime execute exit getenv remove rename setlocale time tmpname
--> debug	debug getfenv gethook getinfo getlocal getmetatable getregistry getupvalue setfenv sethook setlocal setmetatable setupvalue traceback upvalueid upvaluejoin
--> package	config cpath loaded loaders loadlib path preload searchpath seeall
--> jit	arch attach flush off on opt os security status version version_num
--> _G bit coroutine debug io jit jit.opt math os package string table
--> jit.util=function string.buffer=function table.clear=function table.new=function
--> __gc __index __tostring close flush lines read seek setvbuf write
--> __gc __index __tostring close flush lines read seek setvbuf write
--> decode encode new
--> ok	function
--> inf	3.1415926535898	/|;|?|!|-|	5

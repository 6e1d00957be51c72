-- The debug library: every function with none, one and two arguments of every type; equal outcomes are counted.
-- modes: -gc-stress
local lib, skip = debug, { debug = true, sethook = true, setmetatable = true, setfenv = true, getregistry = true, getinfo = true, traceback = true, setupvalue = true, setlocal = true, getlocal = true, getupvalue = true, upvalueid = true }
local function f() return "called" end
local function values()
  return { { "nil", nil }, { "true", true }, { "0", 0 }, { "-1", -1 }, { "2.5", 2.5 }, { "'x'", "x" }, { "'10'", "10" }, { "{}", {} }, { "{3,1,2}", { 3, 1, 2 } }, { "f", f }, { "thread", coroutine.create(f) }, { "file", io.stderr } }
end
local function show(v)
  if type(v) == "table" then return "{" .. #v .. "}" elseif type(v) == "number" and v ~= v then return "nan" end
  if type(v) == "string" then v = v:gsub("0x%x+", "0x?"):gsub("builtin#%d+", "builtin") return ("%q"):format(v) end
  return (tostring(v):gsub("0x%x+", "0x?"):gsub("builtin#%d+", "builtin"))
end
local function call(fn, ...)
  local r = { pcall(fn, ...) }
  local o = {}
  for i = 2, math.min(table.maxn(r), 4) do o[#o + 1] = show(r[i]) end
  return (r[1] and "" or "error ") .. table.concat(o, " ")
end
local names = {}
for name, fn in pairs(lib) do if type(fn) == "function" and not skip[name] then names[#names + 1] = name end end
table.sort(names)
for _, name in ipairs(names) do
  local results, order = {}, {}
  local function note(r, args) if not results[r] then results[r] = {} order[#order + 1] = r end table.insert(results[r], args) end
  note(call(lib[name]), "()")
  for i = 1, 12 do local a = values()[i] note(call(lib[name], a[2]), a[1]) end
  for i = 1, 12 do for j = 1, 12 do local v = values() local w = values() note(call(lib[name], v[i][2], w[j][2]), v[i][1] .. "," .. w[j][1]) end end
  for _, r in ipairs(order) do local l = results[r] print(name, r, #l, l[1], l[2] or "", l[#l]) end
end
--> getfenv	error "bad argument #1 to '?' (value expected)"	1	()		()
--> getfenv		117	nil	true	{3,1,2},file
--> getfenv	{0}	39	f	thread	file,file
--> gethook	nil "" 0	157	()	nil	file,file
--> getmetatable	error "bad argument #1 to '?' (value expected)"	1	()		()
--> getmetatable		117	nil	true	thread,file
--> getmetatable	{0}	39	'x'	'10'	file,file
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got no value)"	1	()		()
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got nil)"	13	nil	nil,nil	nil,file
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got boolean)"	13	true	true,nil	true,file
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got number)"	39	0	-1	2.5,file
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got string)"	26	'x'	'10'	'10',file
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got table)"	26	{}	{3,1,2}	{3,1,2},file
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got no value)"	1	f		f
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got thread)"	13	thread	thread,nil	thread,file
--> upvaluejoin	error "bad argument #1 to '?' (function expected, got userdata)"	13	file	file,nil	file,file
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got nil)"	1	f,nil		f,nil
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got boolean)"	1	f,true		f,true
--> upvaluejoin	error "bad argument #2 to '?' (index out of range)"	4	f,0	f,-1	f,'10'
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got string)"	1	f,'x'		f,'x'
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got table)"	2	f,{}	f,{3,1,2}	f,{3,1,2}
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got function)"	1	f,f		f,f
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got thread)"	1	f,thread		f,thread
--> upvaluejoin	error "bad argument #2 to '?' (number expected, got userdata)"	1	f,file		f,file

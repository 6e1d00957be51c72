-- Methods of files: every function with none, one and two arguments of every type; equal outcomes are counted.
-- modes: -gc-stress
local lib, skip = getmetatable(io.stderr).__index, { write = true, read = true, lines = true, close = true, seek = true, flush = true, __gc = true }
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
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got no value)"	1	()		()
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got nil)"	13	nil	nil,nil	nil,file
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got boolean)"	13	true	true,nil	true,file
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got number)"	39	0	-1	2.5,file
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got string)"	26	'x'	'10'	'10',file
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got table)"	26	{}	{3,1,2}	{3,1,2},file
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got function)"	13	f	f,nil	f,file
--> __tostring	error "bad argument #1 to '?' (FILE* expected, got thread)"	13	thread	thread,nil	thread,file
--> __tostring	"file (0x?)"	13	file	file,nil	file,file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got no value)"	1	()		()
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got nil)"	13	nil	nil,nil	nil,file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got boolean)"	13	true	true,nil	true,file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got number)"	39	0	-1	2.5,file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got string)"	26	'x'	'10'	'10',file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got table)"	26	{}	{3,1,2}	{3,1,2},file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got function)"	13	f	f,nil	f,file
--> setvbuf	error "bad argument #1 to '?' (FILE* expected, got thread)"	13	thread	thread,nil	thread,file
--> setvbuf	error "bad argument #2 to '?' (string expected, got no value)"	1	file		file
--> setvbuf	error "bad argument #2 to '?' (string expected, got nil)"	1	file,nil		file,nil
--> setvbuf	error "bad argument #2 to '?' (string expected, got boolean)"	1	file,true		file,true
--> setvbuf	error "bad argument #2 to '?' (invalid option '0')"	1	file,0		file,0
--> setvbuf	error "bad argument #2 to '?' (invalid option '-1')"	1	file,-1		file,-1
--> setvbuf	error "bad argument #2 to '?' (invalid option '2.5')"	1	file,2.5		file,2.5
--> setvbuf	error "bad argument #2 to '?' (invalid option 'x')"	1	file,'x'		file,'x'
--> setvbuf	error "bad argument #2 to '?' (invalid option '10')"	1	file,'10'		file,'10'
--> setvbuf	error "bad argument #2 to '?' (string expected, got table)"	2	file,{}	file,{3,1,2}	file,{3,1,2}
--> setvbuf	error "bad argument #2 to '?' (string expected, got function)"	1	file,f		file,f
--> setvbuf	error "bad argument #2 to '?' (string expected, got thread)"	1	file,thread		file,thread
--> setvbuf	error "bad argument #2 to '?' (string expected, got userdata)"	1	file,file		file,file

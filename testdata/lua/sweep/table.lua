-- The table library: every function with none, one and two arguments of every type; equal outcomes are counted.
-- modes: -gc-stress
local lib, skip = table, {}
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
--> concat	error "bad argument #1 to '?' (table expected, got no value)"	1	()		()
--> concat	error "bad argument #1 to '?' (table expected, got nil)"	13	nil	nil,nil	nil,file
--> concat	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> concat	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> concat	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> concat	""	7	{}	{},nil	{},'10'
--> concat	"312"	2	{3,1,2}	{3,1,2},nil	{3,1,2},nil
--> concat	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> concat	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> concat	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> concat	error "bad argument #2 to '?' (string expected, got boolean)"	2	{},true	{3,1,2},true	{3,1,2},true
--> concat	error "bad argument #2 to '?' (string expected, got table)"	4	{},{}	{},{3,1,2}	{3,1,2},{3,1,2}
--> concat	error "bad argument #2 to '?' (string expected, got function)"	2	{},f	{3,1,2},f	{3,1,2},f
--> concat	error "bad argument #2 to '?' (string expected, got thread)"	2	{},thread	{3,1,2},thread	{3,1,2},thread
--> concat	error "bad argument #2 to '?' (string expected, got userdata)"	2	{},file	{3,1,2},file	{3,1,2},file
--> concat	"30102"	1	{3,1,2},0		{3,1,2},0
--> concat	"3-11-12"	1	{3,1,2},-1		{3,1,2},-1
--> concat	"32.512.52"	1	{3,1,2},2.5		{3,1,2},2.5
--> concat	"3x1x2"	1	{3,1,2},'x'		{3,1,2},'x'
--> concat	"3101102"	1	{3,1,2},'10'		{3,1,2},'10'
--> foreach	error "bad argument #1 to '?' (table expected, got nil)"	14	()	nil	nil,file
--> foreach	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> foreach	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> foreach	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> foreach	error "bad argument #2 to '?' (function expected, got nil)"	4	{}	{3,1,2}	{3,1,2},nil
--> foreach	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> foreach	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> foreach	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> foreach	error "bad argument #2 to '?' (function expected, got boolean)"	2	{},true	{3,1,2},true	{3,1,2},true
--> foreach	error "bad argument #2 to '?' (function expected, got number)"	6	{},0	{},-1	{3,1,2},2.5
--> foreach	error "bad argument #2 to '?' (function expected, got string)"	4	{},'x'	{},'10'	{3,1,2},'10'
--> foreach	error "bad argument #2 to '?' (function expected, got table)"	4	{},{}	{},{3,1,2}	{3,1,2},{3,1,2}
--> foreach		1	{},f		{},f
--> foreach	error "bad argument #2 to '?' (function expected, got thread)"	2	{},thread	{3,1,2},thread	{3,1,2},thread
--> foreach	error "bad argument #2 to '?' (function expected, got userdata)"	2	{},file	{3,1,2},file	{3,1,2},file
--> foreach	"called"	1	{3,1,2},f		{3,1,2},f
--> foreachi	error "bad argument #1 to '?' (table expected, got nil)"	14	()	nil	nil,file
--> foreachi	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> foreachi	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> foreachi	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> foreachi	error "bad argument #2 to '?' (function expected, got nil)"	4	{}	{3,1,2}	{3,1,2},nil
--> foreachi	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> foreachi	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> foreachi	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> foreachi	error "bad argument #2 to '?' (function expected, got boolean)"	2	{},true	{3,1,2},true	{3,1,2},true
--> foreachi	error "bad argument #2 to '?' (function expected, got number)"	6	{},0	{},-1	{3,1,2},2.5
--> foreachi	error "bad argument #2 to '?' (function expected, got string)"	4	{},'x'	{},'10'	{3,1,2},'10'
--> foreachi	error "bad argument #2 to '?' (function expected, got table)"	4	{},{}	{},{3,1,2}	{3,1,2},{3,1,2}
--> foreachi		1	{},f		{},f
--> foreachi	error "bad argument #2 to '?' (function expected, got thread)"	2	{},thread	{3,1,2},thread	{3,1,2},thread
--> foreachi	error "bad argument #2 to '?' (function expected, got userdata)"	2	{},file	{3,1,2},file	{3,1,2},file
--> foreachi	"called"	1	{3,1,2},f		{3,1,2},f
--> getn	error "bad argument #1 to '?' (table expected, got nil)"	14	()	nil	nil,file
--> getn	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> getn	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> getn	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> getn	0	13	{}	{},nil	{},file
--> getn	3	13	{3,1,2}	{3,1,2},nil	{3,1,2},file
--> getn	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> getn	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> getn	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> insert	error "bad argument #1 to '?' (table expected, got no value)"	1	()		()
--> insert	error "bad argument #1 to '?' (table expected, got nil)"	13	nil	nil,nil	nil,file
--> insert	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> insert	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> insert	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> insert	error "wrong number of arguments to 'insert'"	2	{}	{3,1,2}	{3,1,2}
--> insert	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> insert	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> insert	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> insert		24	{},nil	{},true	{3,1,2},file
--> maxn	error "bad argument #1 to '?' (table expected, got no value)"	1	()		()
--> maxn	error "bad argument #1 to '?' (table expected, got nil)"	13	nil	nil,nil	nil,file
--> maxn	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> maxn	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> maxn	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> maxn	0	13	{}	{},nil	{},file
--> maxn	3	13	{3,1,2}	{3,1,2},nil	{3,1,2},file
--> maxn	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> maxn	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> maxn	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> move	error "bad argument #1 to '?' (table expected, got nil)"	14	()	nil	nil,file
--> move	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> move	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> move	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> move	error "bad argument #2 to '?' (number expected, got nil)"	4	{}	{3,1,2}	{3,1,2},nil
--> move	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> move	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> move	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> move	error "bad argument #2 to '?' (number expected, got boolean)"	2	{},true	{3,1,2},true	{3,1,2},true
--> move	error "bad argument #3 to '?' (number expected, got nil)"	8	{},0	{},-1	{3,1,2},'10'
--> move	error "bad argument #2 to '?' (number expected, got string)"	2	{},'x'	{3,1,2},'x'	{3,1,2},'x'
--> move	error "bad argument #2 to '?' (number expected, got table)"	4	{},{}	{},{3,1,2}	{3,1,2},{3,1,2}
--> move	error "bad argument #2 to '?' (number expected, got function)"	2	{},f	{3,1,2},f	{3,1,2},f
--> move	error "bad argument #2 to '?' (number expected, got thread)"	2	{},thread	{3,1,2},thread	{3,1,2},thread
--> move	error "bad argument #2 to '?' (number expected, got userdata)"	2	{},file	{3,1,2},file	{3,1,2},file
--> remove	error "bad argument #1 to '?' (table expected, got nil)"	14	()	nil	nil,file
--> remove	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> remove	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> remove	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> remove		9	{}	{},nil	{3,1,2},'10'
--> remove	2	2	{3,1,2}	{3,1,2},nil	{3,1,2},nil
--> remove	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> remove	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> remove	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> remove	error "bad argument #2 to '?' (number expected, got boolean)"	2	{},true	{3,1,2},true	{3,1,2},true
--> remove	error "bad argument #2 to '?' (number expected, got string)"	2	{},'x'	{3,1,2},'x'	{3,1,2},'x'
--> remove	error "bad argument #2 to '?' (number expected, got table)"	4	{},{}	{},{3,1,2}	{3,1,2},{3,1,2}
--> remove	error "bad argument #2 to '?' (number expected, got function)"	2	{},f	{3,1,2},f	{3,1,2},f
--> remove	error "bad argument #2 to '?' (number expected, got thread)"	2	{},thread	{3,1,2},thread	{3,1,2},thread
--> remove	error "bad argument #2 to '?' (number expected, got userdata)"	2	{},file	{3,1,2},file	{3,1,2},file
--> remove	1	1	{3,1,2},2.5		{3,1,2},2.5
--> sort	error "bad argument #1 to '?' (table expected, got no value)"	1	()		()
--> sort	error "bad argument #1 to '?' (table expected, got nil)"	13	nil	nil,nil	nil,file
--> sort	error "bad argument #1 to '?' (table expected, got boolean)"	13	true	true,nil	true,file
--> sort	error "bad argument #1 to '?' (table expected, got number)"	39	0	-1	2.5,file
--> sort	error "bad argument #1 to '?' (table expected, got string)"	26	'x'	'10'	'10',file
--> sort		6	{}	{3,1,2}	{3,1,2},f
--> sort	error "bad argument #1 to '?' (table expected, got function)"	13	f	f,nil	f,file
--> sort	error "bad argument #1 to '?' (table expected, got thread)"	13	thread	thread,nil	thread,file
--> sort	error "bad argument #1 to '?' (table expected, got userdata)"	13	file	file,nil	file,file
--> sort	error "bad argument #2 to '?' (function expected, got boolean)"	2	{},true	{3,1,2},true	{3,1,2},true
--> sort	error "bad argument #2 to '?' (function expected, got number)"	6	{},0	{},-1	{3,1,2},2.5
--> sort	error "bad argument #2 to '?' (function expected, got string)"	4	{},'x'	{},'10'	{3,1,2},'10'
--> sort	error "bad argument #2 to '?' (function expected, got table)"	4	{},{}	{},{3,1,2}	{3,1,2},{3,1,2}
--> sort	error "bad argument #2 to '?' (function expected, got thread)"	2	{},thread	{3,1,2},thread	{3,1,2},thread
--> sort	error "bad argument #2 to '?' (function expected, got userdata)"	2	{},file	{3,1,2},file	{3,1,2},file

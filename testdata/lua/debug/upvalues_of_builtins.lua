-- What builtins keep cannot be seen or changed by programs.
for _, f in ipairs { io.read, io.lines, require, string.upper, table.concat, setmetatable } do
  assert(debug.getupvalue(f, 1) == nil and debug.setupvalue(f, 1, 10) == nil)
  assert(not pcall(debug.upvalueid, f, 1) and debug.getinfo(f, "u").nups == 0)
end
print(pcall(debug.upvalueid, io.read, 1))
print(select("#", debug.getupvalue(io.write, 1)), select("#", debug.setupvalue(io.write, 1, nil)))
--> false	bad argument #2 to '?' (index out of range)
--> 0	0

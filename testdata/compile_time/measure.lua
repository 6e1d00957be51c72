-- What compiling an instruction costs, against luajit: `kiln testdata/compile_time/measure.lua [kiln [luajit]]`.
--
-- Each engine runs many_traces.lua in turn, with its compiler and without; the difference of the medians of processor time, divided by the number
-- of instructions in its traces, is the time per instruction. (What the compiled code saves is little: each function runs for microseconds.)
local engines = { arg[1] or arg[-1] or "kiln", arg[2] or "luajit" }
local program = arg[0]:gsub("measure%.lua$", "many_traces.lua")
local ROUNDS = 7

local function run(command)
  local pipe = assert(io.popen(command .. " " .. program))
  local traces, instructions, cpu = pipe:read("*n", "*n", "*n")
  pipe:close()
  if not cpu then
    io.stderr:write("measure: '", command, "' did not run ", program, "\n")
    os.exit(1)
  end
  return cpu, traces, instructions
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) / 2]
end

local results = {}
for i = 1, #engines do results[i] = { on = {}, off = {} } end
for _ = 1, ROUNDS do
  for i, engine in ipairs(engines) do
    local r = results[i]
    r.on[#r.on + 1], r.traces, r.instructions = run(engine)
    r.off[#r.off + 1] = run(engine .. " -joff")
  end
end
for i, engine in ipairs(engines) do
  local r = results[i]
  r.each = (median(r.on) - median(r.off)) / r.instructions * 1e9
  print(string.format("%-40s %6d traces %8d instructions %7.0f ns each", engine, r.traces, r.instructions, r.each))
end
print(string.format("ratio %.2f", results[1].each / results[2].each))

-- Reads a web server's log and prints a report: traffic, visitors, pages, errors, sessions.
--
--   luajit main.lua [options] LOG
--
-- See weblog/options.lua for the options.

local options = require("weblog.options")
local reader = require("weblog.reader")
local Report = require("weblog.report")
local sessions = require("weblog.sessions")
local Summary = require("weblog.summary")
local filters = require("weblog.filters")

local function main(arguments)
  local settings, message = options.parse(arguments)
  if not settings then
    io.stderr:write(message, "\n", options.usage, "\n")
    return 2
  end
  if settings.help then
    print(options.usage)
    return 0
  end

  local keep, problem = filters.compile(settings.where)
  if not keep then
    io.stderr:write("weblog: ", problem, "\n")
    return 2
  end

  local input, reason = io.open(settings.input, "r")
  if not input then
    io.stderr:write("weblog: cannot read ", reason, "\n")
    return 1
  end

  local summary, tracker = Summary.new(), sessions.tracker(settings.gap * 60)
  for entry in reader.entries(input, function(number, line) summary:reject(number, line) end) do
    if keep(entry) then
      summary:add(entry)
      tracker.visit(entry)
    end
  end
  input:close()

  local report = Report.new(io.stdout, settings.width)
  report:overview(summary)
  report:hours(summary)
  report:ranking("Pages", summary.pages, settings.top)
  report:ranking("Visitors", summary.visitors, settings.top)
  report:ranking("Referrers", summary.referrers, settings.top)
  report:statuses(summary)
  report:sessions(tracker.finish(), settings.top)
  report:rejected(summary)
  return 0
end

local ok, status = xpcall(function() return main(arg) end, function(e)
  return debug.traceback("weblog: internal error: " .. tostring(e), 2)
end)
if not ok then
  io.stderr:write(status, "\n")
  status = 70
end
os.exit(status)

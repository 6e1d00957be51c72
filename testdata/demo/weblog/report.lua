-- The report as text.

local Counter = require("weblog.counter")
local sessions = require("weblog.sessions")

local Report = {}
Report.__index = Report

function Report.new(out, width)
  return setmetatable({ out = out, width = width }, Report)
end

function Report:print(format, ...)
  self.out:write(format:format(...), "\n")
end

function Report:heading(title)
  self:print("\n%s\n%s", title, ("-"):rep(#title))
end

local function size(bytes)
  local units = { "B", "kB", "MB", "GB" }
  local unit = 1
  while bytes >= 1000 and unit < #units do
    bytes, unit = bytes / 1000, unit + 1
  end
  return (unit == 1 and "%d %s" or "%.1f %s"):format(bytes, units[unit])
end

local function duration(seconds)
  local h, m, s = math.floor(seconds / 3600), math.floor(seconds / 60) % 60, seconds % 60
  if h > 0 then return ("%d:%02d:%02d h"):format(h, m, s) end
  return ("%d:%02d min"):format(m, s)
end

local function shorten(text, width)
  if #text <= width then return text end
  return text:sub(1, width - 3) .. "..."
end

local function date(time)
  return os.date("!%Y-%m-%d %H:%M:%S", time)
end

function Report:overview(summary)
  self:print("Web log report\n==============")
  if summary.requests == 0 then
    self:print("No requests.")
    return
  end
  local rows = {
    { "Requests", tostring(summary.requests) },
    { "From", date(summary.first) },
    { "To", date(summary.last) },
    { "Traffic", size(summary.bytes) },
    { "Mean size", size(math.floor(summary.bytes / summary.requests)) },
    { "Visitors", tostring(summary.visitors:size()) },
  }
  for _, row in ipairs(rows) do self:print("%-10s %s", row[1] .. ":", row[2]) end
  for _, part in ipairs({ { "Methods", summary.methods }, { "Agents", summary.agents }, { "Searches", summary.searches } }) do
    local items = {}
    for i, item in ipairs(part[2]:top(6)) do items[i] = item.key .. " " .. item.count end
    if #items > 0 then self:print("%-10s %s", part[1] .. ":", table.concat(items, ", ")) end
  end
end

function Report:hours(summary)
  self:heading("Requests by hour")
  local most = 0
  for hour = 0, 23 do most = math.max(most, summary.hours:get(hour)) end
  if most == 0 then return end
  local room = self.width - 12
  for hour = 0, 23 do
    local count = summary.hours:get(hour)
    if count > 0 then
      local bar = ("#"):rep(math.max(1, math.floor(count / most * room + 0.5)))
      self:print("%02d:00 %5d %s", hour, count, bar)
    end
  end
end

function Report:ranking(title, counter, limit)
  self:heading(title)
  local room = self.width - 16
  for rank, item in ipairs(counter:top(limit)) do
    local share = item.count * 100 / counter.total
    self:print("%2d. %-" .. room .. "s %4d %5.1f%%", rank, shorten(item.key, room), item.count, share)
  end
end

local CLASSES = { [2] = "success", [3] = "redirection", [4] = "client error", [5] = "server error" }

function Report:statuses(summary)
  self:heading("Statuses")
  local codes = {}
  for code in pairs(summary.statuses.counts) do codes[#codes + 1] = code end
  table.sort(codes)
  for _, code in ipairs(codes) do
    self:print("%d %5d  %s", code, summary.statuses:get(code), CLASSES[math.floor(code / 100)] or "other")
  end
  local paths = {}
  for path in pairs(summary.failures) do paths[#paths + 1] = path end
  table.sort(paths)
  local all = Counter.new()
  for _, path in ipairs(paths) do all = all + summary.failures[path] end
  self:print("%d failures of %d kinds at %d pages", all.total, all:size(), #paths)
  for _, path in ipairs(paths) do
    local parts = {}
    for _, item in ipairs(summary.failures[path]:top()) do parts[#parts + 1] = item.count .. "x " .. item.key end
    self:print("  %s: %s", shorten(path, self.width - 20), table.concat(parts, ", "))
  end
end

function Report:sessions(list, limit)
  self:heading("Sessions")
  local m = sessions.measure(list)
  self:print("%d sessions, %.2f pages and %s each, %.1f%% of a single page", m.count, m.pages, duration(m.duration), m.bounces * 100)
  local longest = {}
  for i, session in ipairs(list) do longest[i] = session end
  table.sort(longest, function(a, b)
    if #a.pages ~= #b.pages then return #a.pages > #b.pages end
    return a.number < b.number
  end)
  for i = 1, math.min(limit, #longest) do
    local s = longest[i]
    self:print("%s  %s: %d pages in %s", date(s.first), s.visitor, #s.pages, duration(s.last - s.first))
    self:print("  %s", shorten(table.concat(s.pages, " > "), self.width - 2))
  end
end

function Report:rejected(summary)
  if #summary.rejected == 0 then return end
  self:heading("Lines not understood")
  for _, item in ipairs(summary.rejected) do
    self:print("%5d: %s", item.number, shorten(item.line, self.width - 7))
  end
end

return Report

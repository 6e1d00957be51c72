-- What the entries of a log add up to.

local Counter = require("weblog.counter")

local Summary = {}
Summary.__index = Summary

function Summary.new()
  return setmetatable({
    requests = 0,
    bytes = 0,
    pages = Counter.new(),
    visitors = Counter.new(),
    referrers = Counter.new(),
    methods = Counter.new(),
    statuses = Counter.new(),
    hours = Counter.new(),
    agents = Counter.new(),
    searches = Counter.new(),
    failures = {},
    rejected = {},
  }, Summary)
end

local families = {
  { "bot", "robots" },
  { "Firefox/", "Firefox" },
  { "Chrome/", "Chrome" },
  { "Safari/", "Safari" },
  { "curl/", "command line" },
}

local function family(agent)
  for _, pair in ipairs(families) do
    if agent:find(pair[1], 1, true) then return pair[2] end
  end
  return "other"
end

local function site(url)
  return url:match("^%a+://([^/:]+)") or url
end

function Summary:add(entry)
  self.requests = self.requests + 1
  self.bytes = self.bytes + entry.bytes
  self.first = math.min(self.first or entry.time, entry.time)
  self.last = math.max(self.last or entry.time, entry.time)
  self.methods:add(entry.method)
  self.statuses:add(entry.status)
  self.hours:add(entry.hour)
  self.visitors:add(entry.user or entry.host)
  self.agents:add(family(entry.agent))
  if entry.status < 400 then
    self.pages:add(entry.path)
  else
    self.failures[entry.path] = self.failures[entry.path] or Counter.new()
    self.failures[entry.path]:add(entry.status)
  end
  if entry.referrer then self.referrers:add(site(entry.referrer)) end
  if entry.parameters.q then
    for word in entry.parameters.q:lower():gmatch("%w+") do self.searches:add(word) end
  end
end

function Summary:reject(number, line)
  self.rejected[#self.rejected + 1] = { number = number, line = line }
end

return Summary

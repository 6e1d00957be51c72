-- Log lines as tables, in the common "combined" format:
--   host - user [day/month/year:hour:minute:second zone] "method path protocol" status bytes "referrer" "agent"

local reader = {}

local MONTHS = {}
for i, name in ipairs({ "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }) do
  MONTHS[name] = i
end

local LINE = '^(%S+) %S+ (%S+) %[([^%]]+)%] "([^"]*)" (%d%d%d) (%S+) "([^"]*)" "([^"]*)"%s*$'
local TIME = "^(%d+)/(%a+)/(%d+):(%d+):(%d+):(%d+) ([+-])(%d%d)(%d%d)$"

-- Days from 1970-01-01 to a date.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * (month - 3) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468
end

local function seconds(text)
  local day, name, year, hour, minute, second, sign, zone_hours, zone_minutes = text:match(TIME)
  local month = MONTHS[name]
  if not month then return nil end
  local zone = (zone_hours * 60 + zone_minutes) * 60
  if sign == "-" then zone = -zone end
  return days(tonumber(year), month, tonumber(day)) * 86400 + hour * 3600 + minute * 60 + second - zone, tonumber(hour)
end

local function unescape(path)
  return (path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- "/a/b?x=1&y=2" as path and table of parameters.
local function split(target)
  local path, query = target:match("^([^?]*)%??(.*)$")
  local parameters = {}
  for key, value in query:gmatch("([^&=]+)=?([^&]*)") do
    parameters[unescape(key)] = unescape(value:gsub("+", " "))
  end
  return unescape(path), parameters
end

-- Returns the line as an entry, or nil.
function reader.parse(line)
  local host, user, time, request, status, bytes, referrer, agent = line:match(LINE)
  if not host then return nil end
  local method, target = request:match("^(%u+) (%S+) HTTP/%d%.?%d*$")
  local at, hour = seconds(time)
  if not (method and at) then return nil end
  local path, parameters = split(target)
  return {
    host = host,
    user = user ~= "-" and user or nil,
    time = at,
    hour = hour,
    method = method,
    path = path,
    parameters = parameters,
    status = tonumber(status),
    bytes = tonumber(bytes) or 0,
    referrer = referrer ~= "-" and referrer or nil,
    agent = agent,
  }
end

-- Iterates over a file's entries; calls `reject` with the number and text of lines that are none.
function reader.entries(file, reject)
  return coroutine.wrap(function()
    local number = 0
    for line in file:lines() do
      number = number + 1
      if line ~= "" and line:sub(1, 1) ~= "#" then
        local entry = reader.parse(line)
        if entry then
          entry.number = number
          coroutine.yield(entry)
        else
          reject(number, line)
        end
      end
    end
  end)
end

return reader

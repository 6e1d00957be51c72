-- The command line.

local options = {}

options.usage = [[
usage: main.lua [--top N] [--gap MINUTES] [--width COLUMNS] [--where CONDITION] LOG
  --top N            lines per ranking (5)
  --gap MINUTES      silence that ends a visitor's session (30)
  --width COLUMNS    width of the report (72)
  --where CONDITION  count only entries for which this holds,
                     such as: status >= 400 and method == "GET"]]

local function positive(name)
  return function(text)
    local n = tonumber(text)
    if not n or n < 1 or n % 1 ~= 0 then
      return nil, ("weblog: --%s needs a positive whole number, not '%s'"):format(name, text)
    end
    return n
  end
end

local known = {
  top = positive("top"),
  gap = positive("gap"),
  width = positive("width"),
  where = function(text) return text end,
}

-- Returns the settings, or nil and a message.
function options.parse(arguments)
  local settings = { top = 5, gap = 30, width = 72 }
  local i = 1
  while i <= #arguments do
    local argument = arguments[i]
    local name = argument:match("^%-%-(%a+)$")
    if name == "help" then
      settings.help = true
      return settings
    elseif name then
      local convert, text = known[name], arguments[i + 1]
      if not convert then return nil, "weblog: unknown option " .. argument end
      if not text then return nil, "weblog: " .. argument .. " needs a value" end
      local value, message = convert(text)
      if value == nil then return nil, message end
      settings[name] = value
      i = i + 1
    elseif settings.input then
      return nil, "weblog: more than one log is named"
    else
      settings.input = argument
    end
    i = i + 1
  end
  if not settings.input then return nil, "weblog: no log is named" end
  return settings
end

return options

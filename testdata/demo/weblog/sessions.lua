-- Visits: entries of one visitor with no long silence between them.

local sessions = {}

-- Returns { visit = function(entry), finish = function() -> list of sessions }; `gap` is in seconds.
function sessions.tracker(gap)
  local open, done = {}, {}

  local function close(visitor)
    done[#done + 1] = open[visitor]
    open[visitor] = nil
  end

  local function visit(entry)
    local visitor = entry.user or entry.host
    local session = open[visitor]
    if session and entry.time - session.last > gap then
      close(visitor)
      session = nil
    end
    if not session then
      session = { visitor = visitor, first = entry.time, pages = {}, number = entry.number }
      open[visitor] = session
    end
    session.last = entry.time
    session.pages[#session.pages + 1] = entry.path
  end

  local function finish()
    local visitors = {}
    for visitor in pairs(open) do visitors[#visitors + 1] = visitor end
    table.sort(visitors)
    for _, visitor in ipairs(visitors) do close(visitor) end
    table.sort(done, function(a, b) return a.number < b.number end)
    return done
  end

  return { visit = visit, finish = finish }
end

-- Length, page count and bounce rate over a list of sessions.
function sessions.measure(list)
  local pages, duration, bounces = 0, 0, 0
  for _, session in ipairs(list) do
    pages = pages + #session.pages
    duration = duration + session.last - session.first
    if #session.pages == 1 then bounces = bounces + 1 end
  end
  local n = math.max(#list, 1)
  return { count = #list, pages = pages / n, duration = duration / n, bounces = bounces / n }
end

return sessions

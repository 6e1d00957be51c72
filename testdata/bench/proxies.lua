-- bench: group=calls small=300000 tiny=43000
-- Tables whose reads and writes go through metamethod functions: defaults, logging, read-only views, lazy fields.
local n = tonumber(arg[1]) or 3000000

local function with_default(default)
  return setmetatable({}, { __index = function() return default end })
end

local function observed(target)
  local log = { reads = 0, writes = 0 }
  local proxy = setmetatable({}, {
    __index = function(_, key)
      log.reads = log.reads + 1
      return target[key]
    end,
    __newindex = function(_, key, value)
      log.writes = log.writes + 1
      target[key] = value
    end,
    __len = function() return #target end,
    __call = function(_, key, by)
      target[key] = (target[key] or 0) + by
      return target[key]
    end,
  })
  return proxy, log
end

local function read_only(target)
  return setmetatable({}, {
    __index = target,
    __newindex = function(_, key) error("field '" .. key .. "' is read-only", 2) end,
  })
end

local lazy_count = 0
local Lazy = {
  __index = function(self, key)
    lazy_count = lazy_count + 1
    local value = #key * 2
    rawset(self, key, value)
    return value
  end,
}

local scopes = { globals = { depth = 1, total = 0 } }
for i = 1, 5 do
  scopes[i] = setmetatable({ ["v" .. i] = i }, { __index = scopes[i - 1] or scopes.globals })
end

local counts = with_default(0)
local proxy, log = observed({ total = 0 })
local constants = read_only({ pi = 3, e = 2 })
local sum, refused = 0, 0
local keys = { "a", "bb", "ccc", "dddd" }

for i = 1, n do
  local key = keys[i % 4 + 1]
  counts[key] = counts[key] + 1
  proxy.total = proxy.total + i % 5
  proxy[key] = i
  sum = sum + proxy("calls", 1) % 3 + constants.pi * constants.e
  local inner = scopes[5]
  sum = sum + inner.v1 + inner.v3 + inner.depth
  if i % 10 == 0 then
    local lazy = setmetatable({}, Lazy)
    sum = sum + lazy.width + lazy.height + lazy.width
    if not pcall(function() constants.pi = 4 end) then refused = refused + 1 end
    if rawget(proxy, key) == nil and rawequal(inner, scopes[5]) then sum = sum + counts.missing + 1 end
  end
  sum = sum % 1000003
end
local result = string.format("%d %d %d %d %d %d", sum, refused, lazy_count, log.reads, log.writes, counts.a)

local expected = { [3000000] = "899865 300000 600000 3000000 6000000 750000", [300000] = "589988 30000 60000 300000 600000 75000", [43000] = "657900 4300 8600 43000 86000 10750" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=allocation small=85000 tiny=5600
-- Three-dimensional vectors with arithmetic metamethods: every operation makes a small object.
local n = tonumber(arg[1]) or 850000

local Vec = {}
Vec.__index = Vec

local function vec(x, y, z)
  return setmetatable({ x = x, y = y, z = z }, Vec)
end

function Vec.__add(a, b) return vec(a.x + b.x, a.y + b.y, a.z + b.z) end
function Vec.__sub(a, b) return vec(a.x - b.x, a.y - b.y, a.z - b.z) end
function Vec.__unm(a) return vec(-a.x, -a.y, -a.z) end
function Vec.__eq(a, b) return a.x == b.x and a.y == b.y and a.z == b.z end
function Vec.__lt(a, b) return a:dot(a) < b:dot(b) end
function Vec.__le(a, b) return a:dot(a) <= b:dot(b) end
function Vec.__len() return 3 end
function Vec.__call(a, i) return i == 1 and a.x or i == 2 and a.y or a.z end
function Vec.__concat(a, b) return tostring(a) .. tostring(b) end
function Vec.__tostring(a) return string.format("(%.2f %.2f %.2f)", a.x, a.y, a.z) end

function Vec.__mul(a, b)
  if type(a) == "number" then return vec(a * b.x, a * b.y, a * b.z) end
  if type(b) == "number" then return vec(a.x * b, a.y * b, a.z * b) end
  return a:dot(b)
end

function Vec.__div(a, s) return a * (1 / s) end
function Vec.__mod(a, s) return vec(a.x % s, a.y % s, a.z % s) end
function Vec.__pow(a, b) return vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x) end

function Vec:dot(b) return self.x * b.x + self.y * b.y + self.z * b.z end
function Vec:length() return math.sqrt(self:dot(self)) end
function Vec:unit() return self / self:length() end

local position, velocity = vec(1, 0, 0), vec(0, 1, 0.1)
local spin = vec(0, 0, 1)
local slower, equal, text = 0, 0, 0
for i = 1, n do
  local pull = -position:unit() * 0.01
  velocity = velocity + pull
  position = position + velocity * 0.01
  local side = (velocity ^ spin) % 2
  if velocity < side then slower = slower + 1 end
  if side <= position then slower = slower + 1 end
  if position - velocity == side then equal = equal + 1 end
  if i % 100 == 0 then text = text + #(position .. velocity) + position(i % 3 + 1) end
end
local result = string.format("%s %d %d %.3f", tostring(position), slower, equal, text)

local expected = { [850000] = "(-0.92 -0.39 -0.04) 777711 0 297500.487", [85000] = "(0.94 0.34 0.03) 77738 0 29751.455", [5600] = "(0.81 -0.59 -0.06) 5043 0 1962.000" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

-- bench: group=allocation small=150 tiny=100
-- A ray tracer with spheres, a floor, shadows and reflections; vectors are fresh tables.
local size = tonumber(arg[1]) or 500

local sqrt, max, floor = math.sqrt, math.max, math.floor

local function add(a, b) return { a[1] + b[1], a[2] + b[2], a[3] + b[3] } end
local function sub(a, b) return { a[1] - b[1], a[2] - b[2], a[3] - b[3] } end
local function scale(a, s) return { a[1] * s, a[2] * s, a[3] * s } end
local function dot(a, b) return a[1] * b[1] + a[2] * b[2] + a[3] * b[3] end
local function unit(a) return scale(a, 1 / sqrt(dot(a, a))) end

local Sphere = {}
Sphere.__index = Sphere

function Sphere:hit(origin, direction)
  local oc = sub(origin, self.center)
  local b = dot(oc, direction)
  local discriminant = b * b - dot(oc, oc) + self.radius * self.radius
  if discriminant <= 0 then return nil end
  local root = sqrt(discriminant)
  local t = -b - root
  if t < 1e-4 then t = -b + root end
  if t < 1e-4 then return nil end
  return t
end

function Sphere:normal(point)
  return scale(sub(point, self.center), 1 / self.radius)
end

function Sphere:color_at() return self.color end

local Floor = {}
Floor.__index = Floor

function Floor:hit(origin, direction)
  if direction[2] > -1e-6 then return nil end
  local t = (self.height - origin[2]) / direction[2]
  if t < 1e-4 then return nil end
  return t
end

function Floor:normal() return { 0, 1, 0 } end

function Floor:color_at(point)
  if (floor(point[1]) + floor(point[3])) % 2 == 0 then return self.light end
  return self.dark
end

local scene = { setmetatable({ height = -1, light = { 0.9, 0.9, 0.9 }, dark = { 0.2, 0.2, 0.2 }, shine = 0.2 }, Floor) }
for i = 0, 8 do
  scene[#scene + 1] = setmetatable({
    center = { (i % 3 - 1) * 2, floor(i / 3) - 0.5, 6 + i % 2 },
    radius = 0.5 + i % 3 * 0.15,
    color = { 0.3 + i % 2 * 0.6, 0.3 + i % 3 * 0.3, 0.9 - i * 0.08 },
    shine = 0.3,
  }, Sphere)
end

local light = unit({ 1, 2, -1.5 })

local function nearest(origin, direction)
  local best, object = math.huge, nil
  for _, o in ipairs(scene) do
    local t = o:hit(origin, direction)
    if t and t < best then best, object = t, o end
  end
  return object, best
end

local function trace(origin, direction, depth)
  local object, t = nearest(origin, direction)
  if not object then return { 0.3, 0.5, 0.4 + 0.5 * max(direction[2], 0) } end
  local point = add(origin, scale(direction, t))
  local normal = object:normal(point)
  local brightness = 0.15
  if not nearest(point, light) then brightness = brightness + 0.85 * max(dot(normal, light), 0) end
  local color = scale(object:color_at(point), brightness)
  if depth > 0 then
    local reflected = sub(direction, scale(normal, 2 * dot(direction, normal)))
    color = add(scale(color, 1 - object.shine), scale(trace(point, reflected, depth - 1), object.shine))
  end
  return color
end

local sum = { 0, 0, 0 }
local eye = { 0, 0.5, -3 }
for y = 1, size do
  for x = 1, size do
    local direction = unit({ (x - size / 2) / size, (size / 2 - y) / size, 1 })
    sum = add(sum, trace(eye, direction, 3))
  end
end
local result = string.format("%.6f %.6f %.6f", sum[1], sum[2], sum[3])

local expected = { [500] = "83487.956713 112279.736727 114669.715512", [150] = "7509.666753 10100.076931 10305.722501", [100] = "3343.180412 4491.535210 4580.455844" }
assert(result == (expected[size] or result), "wrong result: " .. result)
print(result)

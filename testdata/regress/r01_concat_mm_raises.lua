-- error raised by a __concat operand chain while it is hot: pcall must see the plain Lua error
local obj = setmetatable({}, { __concat = function() return "" end })
local function body()
  local n, out = 0, nil
  while n < 80 do n = n + 1
    if n > 60 then out = {} .. (obj .. obj) else out = "x" .. (obj .. obj) end
  end
  return out
end
local ok, e = pcall(body)
print(ok, (tostring(e):gsub("^.-:%d+: ", "")))
--> false	attempt to concatenate a table value

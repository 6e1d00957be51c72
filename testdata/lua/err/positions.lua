-- Line numbers in messages of multi-line expressions and calls.
local function try(f) print((select(2, pcall(f)))) end
try(function()
  local t = {}
  return t.a
    .b
    .c
end)
try(function()
  local x = 1
  local y = x
    +
    nil
end)
try(function() return 1
  + {} end)
try(function()
  nofunction(
    1,
    2
  )
end)
try(function()
  error(
    "multi"
    .. "line"
  )
end)
try(function() local t = {
  a = 1,
  b = nil .. "x",
  c = 3
} end)
try(function()
  print(
    ("x"):rep(2),
    (nil)
      .x
  )
end)
try(function()
  local a = "x" ..
    "y" ..
    {} ..
    "z"
end)
try(function()
  for i = 1,
    "x" do
  end
end)
try(function()
  if 1 <
    {} then
  end
end)
try(function() while
  nil
  < 1 do end end)
try(function() return
  (function()
    error "inner"
  end)()
end)
--> positions.lua:6: attempt to index field 'a' (a nil value)
--> positions.lua:13: attempt to perform arithmetic on a nil value
--> positions.lua:16: attempt to perform arithmetic on a table value
--> positions.lua:18: attempt to call global 'nofunction' (a nil value)
--> positions.lua:24: multiline
--> positions.lua:31: attempt to concatenate a nil value
--> positions.lua:39: attempt to index a nil value
--> positions.lua:45: attempt to concatenate a table value
--> positions.lua:49: 'for' limit must be a number
--> positions.lua:54: attempt to compare number with table
--> positions.lua:59: attempt to compare nil with number
--> positions.lua:62: inner

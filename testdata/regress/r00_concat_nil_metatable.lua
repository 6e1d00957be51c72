-- the error of a concatenation whose operands come from a base-type __concat, raised while the loop is being recorded
debug.setmetatable(nil, {
  __concat = function(v1, v2) return tostring(v1) .. tostring(v2) end,
})
local counter, failed = 0, 0
while counter < 200 do
  counter = counter + 1
  local ok, message = pcall(function() return {} .. (nil .. nil) end)
  if not ok then failed = failed + 1 end
  if counter == 200 then print(failed, (tostring(message):gsub("^.-:%d+: ", ""))) end
end
print(nil .. nil, select("#", nil .. nil))
counter = 0
while counter < 200 do
  counter = counter + 1
  local _ = {} .. (nil .. nil) -- uncaught: ends the program with this line in its message
end
--> 200	attempt to concatenate a table value
--> nilnil	1
--! kiln: r00_concat_nil_metatable.lua:16: attempt to concatenate a table value
--! stack traceback:
--! 	r00_concat_nil_metatable.lua:16: in main chunk
--! 	[C]: at 0x?
--? 1

-- Comments of all forms, in all places.
--
--[[ block ]] print("after block")
--[==[ level two
]] ]=]
still comment ]==] print("after level two")
--[ not a block
print("after line comment")--trailing
print --[[ between ]] ( --[==[ inside ]==] "call" -- end of line
)
---[[ not a block either
print("x")
--]]
--[=x also a line
return print("last") -- no newline needed
--> after block
--> after level two
--> after line comment
--> call
--> x
--> last

-- An error that nothing catches: message, traceback, status 1; output before it is kept.
local Account = {}
function Account:withdraw(n)
  if n > self.balance then
    error("insufficient funds: " .. self.balance)
  end
end
local function process(list)
  for i, n in ipairs(list) do
    io.write("step ", i, "\n")
    Account.withdraw({ balance = 5 }, n)
  end
end
process { 1, 10 }
print "not reached"
--> step 1
--> step 2
--! kiln: uncaught.lua:5: insufficient funds: 5
--! stack traceback:
--! 	[C]: in function 'error'
--! 	uncaught.lua:5: in function 'withdraw'
--! 	uncaught.lua:11: in function 'process'
--! 	uncaught.lua:14: in main chunk
--! 	[C]: at 0x?
--? 1

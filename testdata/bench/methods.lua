-- bench: group=calls small=700000 tiny=330000
-- Classes by metatables: method calls, inheritance two levels deep, accessors.
local n = tonumber(arg[1]) or 7000000

local Account = {}
Account.__index = Account

function Account.new(class, owner, balance)
  return setmetatable({ owner = owner, balance = balance, entries = 0 }, class)
end

function Account:deposit(amount)
  self.balance = self.balance + amount
  self.entries = self.entries + 1
  return self
end

function Account:withdraw(amount)
  if not self:covers(amount) then return false end
  self.balance = self.balance - amount
  self.entries = self.entries + 1
  return true
end

function Account:covers(amount)
  return amount <= self:available()
end

function Account:available()
  return self.balance
end

function Account:name()
  return self.owner
end

local Credit = setmetatable({}, { __index = Account })
Credit.__index = Credit

function Credit:available()
  return self.balance + self:limit()
end

function Credit:limit()
  return 500
end

local Premium = setmetatable({}, { __index = Credit })
Premium.__index = Premium

function Premium:limit()
  return 2000
end

function Premium:deposit(amount)
  Account.deposit(self, amount)
  self.bonus = (self.bonus or 0) + 1
  return self
end

local accounts = { Account:new("a", 100), Credit:new("b", 100), Premium:new("c", 100) }

local refused = 0
for i = 1, n do
  local account = accounts[i % 3 + 1]
  account:deposit(i % 50)
  if not account:withdraw(i % 61) then
    refused = refused + 1
    if account:name() == "a" then account:deposit(20):deposit(1) end
  end
end

local parts = { refused }
for _, account in ipairs(accounts) do
  parts[#parts + 1] = account.balance
  parts[#parts + 1] = account.entries
end
local result = table.concat(parts, " ")

local expected = { [7000000] = "636836 128 4835354 -406 4432580 -1897 4432606", [700000] = "63642 249 483534 -293 443267 -1765 443293", [330000] = "29972 55 227951 -476 208976 -1975 209003" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

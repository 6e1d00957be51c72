-- bench: group=calls small=33 tiny=30
-- Naive Fibonacci: recursive calls, comparisons and additions.
local n = tonumber(arg[1]) or 38

local function fib(i)
  if i < 2 then return i end
  return fib(i - 1) + fib(i - 2)
end

local result = string.format("%d", fib(n))

local expected = { [38] = "39088169", [33] = "3524578", [30] = "832040" }
assert(result == (expected[n] or result), "wrong result: " .. result)
print(result)

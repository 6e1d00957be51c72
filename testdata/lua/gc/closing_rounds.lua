-- At the end finalizers run in rounds: each sees to the userdata that the one before created; after ten it is enough.
-- modes: -gc-stress
local function finalizer(round)
  local p = newproxy(true)
  getmetatable(p).__gc = function()
    print("round", round)
    kept = finalizer(round + 1)
    if round == 3 then error "ignored at the end" end
  end
  return p
end
kept = finalizer(1)
print "last line"
--> last line
--> round	1
--> round	2
--> round	3
--> round	4
--> round	5
--> round	6
--> round	7
--> round	8
--> round	9
--> round	10

local n, errs = 0, 0
for i = 1, 300 do local p = newproxy(true) getmetatable(p).__gc = function() n = n + 1 end p = nil if i % 20 == 0 then collectgarbage() end end
collectgarbage() print(n)
--> 300

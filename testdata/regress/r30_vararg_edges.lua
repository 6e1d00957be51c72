local function va(...) local a, b, c = ... return a, b, c, select("#", ...) end
local o = {} for i = 1, 120 do local a, b, c, n if i % 3 == 0 then a, b, c, n = va() elseif i % 3 == 1 then a, b, c, n = va(i) else a, b, c, n = va(i, nil, i) end o[i] = tostring(a) .. tostring(b) .. tostring(c) .. n end
print(o[118], o[119], o[120])
local function m(...) return {...}, ... end local t, z for i = 1, 100 do t, z = m(i, nil, i * 2) end print(t[1], t[3], z)
--> 118nilnil1	119nil1193	nilnilnil0
--> 100	200	100

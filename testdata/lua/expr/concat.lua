-- Concatenation: numbers, chains, right association, errors.
print("a" .. "b", "a" .. 1, 1 .. "a", 1 .. 2, 1.5 .. "", -1 .. "", 0.1 .. "|", 1e100 .. "", 2 ^ 53 .. "")
print("" .. "", "a" .. "", ("" .. "a") == "a")
local a, b, c = "x", 2, "z"
print(a .. b .. c .. a .. b .. c, a .. (b .. c), (a .. b) .. c)
local s = ""
for i = 1, 20 do s = s .. i .. "," end
print(s)
for _, f in ipairs {
  function() return a .. nil end, function() return nil .. a end, function() return a .. {} end,
  function() return a .. true .. c end, function() return {} .. 1 end, function() return 1 .. print end,
  function() local t = {} return "x" .. t.name .. "y" end, function() return a .. b .. undefinedglobal .. c end,
} do
  print((select(2, pcall(f)):gsub("^.-:%d+: ", "")))
end
local function id(...) return ... end
print(id("p", "q") .. id("r", "s"), "n=" .. id(1, 2) .. id(3, 4))
print(("x"):rep(3) .. ("y"):rep(2), #(("ab"):rep(1000) .. ("c"):rep(500)))
print(1 .. "" == "1", 1.0 .. "", 100000000000000 .. "", 1e15 .. "")
--> ab	a1	1a	12	1.5	-1	0.1|	1e+100	9.007199254741e+15
--> 	a	true
--> x2zx2z	x2z	x2z
--> 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,
--> attempt to concatenate a nil value
--> attempt to concatenate a nil value
--> attempt to concatenate a table value
--> attempt to concatenate a boolean value
--> attempt to concatenate a table value
--> attempt to concatenate global 'print' (a function value)
--> attempt to concatenate field 'name' (a nil value)
--> attempt to concatenate global 'undefinedglobal' (a nil value)
--> pr	n=13
--> xxxyy	2500
--> true	1	1e+14	1e+15

-- Strings joined in hot loops: every length around those that fit into one and two words, zeros inside, numbers among them; compared and used as keys.
local alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
local function piece(n, c) return c and alphabet:sub(1, n - 1) .. c or alphabet:sub(1, n) end
local sum, seen = 0, {}
for a = 0, 34 do
  local x = piece(a)
  for b = 0, 34 do
    local y = piece(b)
    local j = x .. y
    if not seen[j] then seen[j] = #j end
    if #j ~= a + b or j:sub(1, a) ~= x or j:sub(a + 1) ~= y then print("wrong", a, b) end
    sum = sum + #j + (seen[j] == #j and 1 or 0)
  end
end
local count = 0
for _ in pairs(seen) do count = count + 1 end
print(sum, count)
-- Zeros behind and between.
local zeros, n = {}, 0
for i = 0, 20 do
  for k = 0, 20 do
    local z = ("\0"):rep(i) .. ("a"):rep(k % 2) .. ("\0"):rep(k)
    if not zeros[z] then zeros[z], n = true, n + 1 end
  end
end
print(n)
-- Numbers as operands: integers short and long, negative, fractions, -0.
local out = {}
for i, v in ipairs { 0, 7, 10, 99999999, 100000000, 12345678901234, 1e15, -1, -0.0, 0.5, 1e-5, 2 ^ 53, 1 / 0, -1 / 0 } do
  for r = 1, 60 do out[i] = v .. ":" .. r .. "/" .. v end
end
print(table.concat(out, " "))
local t = {}
for i = 1, 300 do t[#t + 1] = "k" .. i * i * 37 .. "x" .. i .. (i % 3 == 0 and ("-"):rep(i % 40) or "") .. i / 4 end
print(#table.concat(t), t[1], t[100], t[299], t[300])
-- Order: first bytes, words, lengths.
local words = {}
for i = 1, 20 do
  for _, c in ipairs { "\0", "\1", "a", "z", "\127", "\128", "\255" } do
    local w = piece(i, c)
    if w ~= piece(i) then words[#words + 1] = w end
  end
end
local less, le, eq = 0, 0, 0
for _, a in ipairs(words) do
  for _, b in ipairs(words) do
    if a < b then less = less + 1 end
    if a <= b then le = le + 1 end
    if a == b then eq = eq + 1 end
  end
end
print(less, le, eq)
table.sort(words)
local by = {}
for i, w in ipairs(words) do by[i] = w end
table.sort(by, function(a, b) return a > b end)
local ok = true
for i, w in ipairs(words) do ok = ok and by[#by + 1 - i] == w and (i == 1 or words[i - 1] < w) end
print(ok, #words)
-- What is too long for the stack, or not a text.
for _, n in ipairs { 511, 512, 513, 70000 } do
  local long = ("q"):rep(n)
  local s
  for i = 1, 80 do s = long .. i % 3 .. "," .. i % 2 end
  print(#s, s:sub(-4))
end
local _, message = pcall(function() for i = 1, 100 do local s = "a" .. (i < 90 and "b" or {}) .. i end end)
print((message:gsub("^.-:%d+: ", "")))
--> 42875	1191
--> 251
--> 0:60/0 7:60/7 10:60/10 99999999:60/99999999 100000000:60/100000000 12345678901234:60/12345678901234 1e+15:60/1e+15 -1:60/-1 -0:60/-0 0.5:60/0.5 1e-05:60/1e-05 9.007199254741e+15:60/9.007199254741e+15 inf:60/inf -inf:60/-inf
--> 6326	k37x10.25	k370000x10025	k3307837x29974.75	k3330000x300--------------------75
--> 9591	9730	139
--> true	139
--> 514	q2,0
--> 515	q2,0
--> 516	q2,0
--> 70003	q2,0
--> attempt to concatenate a table value

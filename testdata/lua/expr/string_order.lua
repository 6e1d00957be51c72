-- Order of strings is by bytes, prefix first, embedded zeros included.
local list = { "b", "a", "", "B", "a\0", "aa", "a\0b", "\255", "\1", "ab", "a b", "1", "10", "2", "é", "~", "Z" }
table.sort(list)
for i, s in ipairs(list) do list[i] = ("%q"):format(s):gsub("[\128-\255]", function(c) return "<" .. c:byte() .. ">" end) end
print(table.concat(list, " "))
print("a" < "a", "a" <= "a", "a" > "a", "a" >= "a", "a" < "a\0", "a\0" > "a")
local long = ("x"):rep(100)
print(long .. "a" < long .. "b", long < long .. "\0", long .. "b" > long .. "a", long == ("x"):rep(50) .. ("x"):rep(50))
print("\127" < "\128", "\128" < "\255", "\200\1" > "\199\255")
for i = 0, 254 do assert(string.char(i) < string.char(i + 1)) end
local s = "abcdefghijklmnop"
for i = 1, #s do
  assert(s:sub(1, i) <= s and not (s < s:sub(1, i)))
  assert((s:sub(1, i) .. "~") > s)
end
print("ok")
--> "" "\1" "1" "10" "2" "B" "Z" "a" "a\0" "a\0b" "a b" "aa" "ab" "b" "~" "<195><169>" "<255>"
--> false	true	false	true	true	true
--> true	true	true	true
--> true	true	true
--> ok

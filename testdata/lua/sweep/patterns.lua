-- Random patterns on random subjects: outcomes of find, match, gsub and gmatch as checksums, and samples.
-- modes: -gc-stress -stripped
math.randomseed(77)
local items = { "a", "b", "c", ".", "%a", "%d", "%s", "%w", "[ab]", "[^a]", "[a-c]", "%.", "()", "(a)", "(.)", "(a*)", "(b-)", "%1", "%b()", "%f[a]", "%f[^a]", "^", "$", "x", "(", ")", "[", "%", "-", "*", "[%a]", "[]a]", "%2" }
local quant = { "", "", "", "*", "+", "-", "?" }
local chars = { "a", "b", "c", "ab", "1", " ", ".", "(", ")", "x", "aa", "\0" }
local function pick(t) return t[math.random(#t)] end
local function subject() local t = {} for i = 1, math.random(0, 12) do t[i] = pick(chars) end return table.concat(t) end
local function pattern() local t = {} for i = 1, math.random(1, 5) do t[i] = pick(items) .. pick(quant) end return (math.random(6) == 1 and "^" or "") .. table.concat(t) .. (math.random(6) == 1 and "$" or "") end
local h, errors, matched = 0, {}, 0
local function add(...) for i = 1, select("#", ...) do local s = tostring((select(i, ...))) for j = 1, #s do h = (h * 31 + s:byte(j)) % 4294967296 end end end
for i = 1, 6000 do
  local s, p = subject(), pattern()
  local ok, a, b, c = pcall(string.find, s, p, math.random(4) == 1 and math.random(-3, 5) or nil)
  if not ok then errors[a] = (errors[a] or 0) + 1 elseif a then matched = matched + 1 end
  add(ok, a, b, c)
  add(pcall(string.match, s, p))
  add(pcall(string.gsub, s, p, pick { "<%0>", "%1", "", "x", "%%" }, math.random(3) == 1 and 2 or nil))
  add(pcall(function() local n = 0 for x, y in s:gmatch(p) do add(x, y) n = n + 1 if n > 20 then break end end return n end))
  if i % 750 == 0 then print(("%q %q"):format(s, p), ok, a, b, ("%.0f"):format(h)) end
end
print(matched, ("%.0f"):format(h))
local names = {} for e in pairs(errors) do names[#names + 1] = e end table.sort(names)
for _, e in ipairs(names) do print(e, errors[e]) end
--> "\0" "^(+"	true	nil	nil	1846394582
--> "\0c(abb" "^%d*()()%f[a]%b()?$"	true	nil	nil	1581818057
--> "\0 " "%a[%a]"	true	nil	nil	1185949605
--> ".x) \0" "^[a-c]+[-$"	true	nil	nil	2180692207
--> "(\0ca).b1ab" "%f[^a]*[^a]+)+"	true	nil	nil	2622091898
--> "ab" "^%f[a]+(a*)*%w+(a*)%2*"	true	nil	nil	2044831460
--> "1caa.aa( (" "^(a)*%a*$"	true	nil	nil	1838802647
--> "ab1b)" "%f[^a]"	true	nil	nil	4252108011
--> 1073	4252108011
--> invalid capture index	539
--> invalid pattern capture	272
--> malformed pattern (ends with '%')	21
--> malformed pattern (missing ']')	191
--> unfinished capture	68

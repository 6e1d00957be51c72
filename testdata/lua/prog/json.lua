-- A JSON writer and reader, round trip.
-- modes: -gc-stress
local function encode(v) local t = type(v) if t == "table" then local o = {} if #v > 0 or next(v) == nil then for i, x in ipairs(v) do o[i] = encode(x) end return "[" .. table.concat(o, ",") .. "]" end local keys = {} for k in pairs(v) do keys[#keys + 1] = k end table.sort(keys) for i, k in ipairs(keys) do o[i] = encode(k) .. ":" .. encode(v[k]) end return "{" .. table.concat(o, ",") .. "}" elseif t == "string" then return '"' .. v:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"' end return tostring(v) end
local function decode(s) local at = 1 local function skip() at = s:find("%S", at) or #s + 1 end local value local function fail(w) error(w .. " at " .. at, 0) end local function str() local o, b = {}, at + 1 while true do local i = s:find('["\\]', b) if not i then fail "unfinished string" end o[#o + 1] = s:sub(b, i - 1) if s:sub(i, i) == '"' then at = i + 1 return table.concat(o) end local e = s:sub(i + 1, i + 1) if e == "u" then o[#o + 1] = string.char(tonumber(s:sub(i + 2, i + 5), 16) % 256) b = i + 6 else o[#o + 1] = ({ n = "\n", t = "\t" })[e] or e b = i + 2 end end end
  function value() skip() local c = s:sub(at, at) if c == "{" or c == "[" then local o, close = {}, c == "{" and "}" or "]" at = at + 1 skip() if s:sub(at, at) == close then at = at + 1 return o end while true do local k if c == "{" then skip() if s:sub(at, at) ~= '"' then fail "key expected" end k = str() skip() if s:sub(at, at) ~= ":" then fail "colon expected" end at = at + 1 end local v = value() if k then o[k] = v else o[#o + 1] = v end skip() local d = s:sub(at, at) at = at + 1 if d == close then return o elseif d ~= "," then at = at - 1 fail "comma expected" end end elseif c == '"' then return str() end local lit = s:match("^[%w+%-.]+", at) if not lit then fail "value expected" end at = at + #lit if lit == "true" then return true elseif lit == "false" then return false elseif lit == "null" then return nil end return tonumber(lit) or fail("bad literal " .. lit) end
  local v = value() skip() if at <= #s then fail "garbage" end return v end
local doc = { name = "kiln", list = { 1, 2.5, -3e10, { nested = { true, false } }, {} }, text = 'quote " slash \\ line\n tab\t', empty = "" } local text = encode(doc) print(text) print(encode(decode(text)) == text) print(encode(decode ' { "a" : [ 1 , 2 , { "b" : null } ] , "c" : "x\\ty\\u0041" } ')) for _, bad in ipairs { "", "{", "[1,", "[1 2]", '{"a" 1}', "{a:1}", '"x', "[1]x", "nope", '{"a":}' } do print(pcall(decode, bad)) end local big = {} for i = 1, 200 do big[i] = { id = i, tags = { "t" .. i, "u" } } end local b = encode(big) print(#b, encode(decode(b)) == b)
--> {"empty":"","list":[1,2.5,-30000000000,{"nested":[true,false]},[]],"name":"kiln","text":"quote \u0022 slash \u005c line\u000a tab\u0009"}
--> true
--> {"a":[1,2,[]],"c":"x\u0009yA"}
--> false	value expected at 1
--> false	key expected at 2
--> false	value expected at 4
--> false	comma expected at 4
--> false	colon expected at 6
--> false	key expected at 2
--> false	unfinished string at 1
--> false	garbage at 4
--> false	bad literal nope at 5
--> false	value expected at 6
--> 5985	true

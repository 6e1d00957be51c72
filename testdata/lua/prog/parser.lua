-- A recursive-descent parser and evaluator of expressions, with errors.
local function tokens(s) local t, at = {}, 1 while true do at = s:find("%S", at) if not at then return t end local a, b, n = s:find("^(%d+%.?%d*)", at) if a then t[#t + 1] = { "num", tonumber(n) } else a, b, n = s:find("^([%a_]%w*)", at) if a then t[#t + 1] = { "id", n } else a, b, n = s:find("^([-+*/%%^(),=])", at) if not a then error("bad character '" .. s:sub(at, at) .. "' at " .. at, 0) end t[#t + 1] = { n } end end at = b + 1 end end
local binary = { ["+"] = { 1, 2 }, ["-"] = { 1, 2 }, ["*"] = { 3, 4 }, ["/"] = { 3, 4 }, ["%"] = { 3, 4 }, ["^"] = { 8, 7 } } local function parse(s) local t, at = tokens(s), 1 local function peek() return t[at] and t[at][1] end local function take(k) if peek() ~= k then error(k .. " expected, got " .. (peek() or "end"), 0) end at = at + 1 return t[at - 1][2] end local expr local function primary() local k = peek() if k == "num" then return { "num", take "num" } elseif k == "id" then local name = take "id" if peek() == "(" then take "(" local args = {} if peek() ~= ")" then repeat args[#args + 1] = expr(0) until peek() ~= "," or not take "," == nil end take ")" return { "call", name, args } end return { "var", name } elseif k == "(" then take "(" local e = expr(0) take ")" return e elseif k == "-" then take "-" return { "neg", expr(6) } end error("unexpected " .. (k or "end"), 0) end function expr(min) local l = primary() while true do local op = binary[peek()] if not op or op[1] < min then return l end local k = peek() take(k) l = { k, l, expr(op[2]) } end end local e = expr(0) if at <= #t then error("unexpected " .. peek(), 0) end return e end
local env = { x = 3, y = 4, pi = math.pi } local fns = { max = math.max, sqrt = math.sqrt, abs = math.abs } local ops = { ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end, ["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return a / b end, ["%"] = function(a, b) return a % b end, ["^"] = function(a, b) return a ^ b end } local function eval(n) local k = n[1] if k == "num" then return n[2] elseif k == "var" then return env[n[2]] or error("undefined " .. n[2], 0) elseif k == "neg" then return -eval(n[2]) elseif k == "call" then local f = fns[n[2]] or error("no function " .. n[2], 0) local a = {} for i, e in ipairs(n[3]) do a[i] = eval(e) end return f(unpack(a)) end return ops[k](eval(n[2]), eval(n[3])) end
for _, s in ipairs { "1 + 2 * 3", "(1 + 2) * 3", "2 ^ 3 ^ 2", "-2 ^ 2", "10 - 3 - 2", "x * x + y * y", "sqrt(x^2 + y^2)", "max(1)", "7 % 4 / 2", "--5", "1 +", "(1", "1 2", "foo", "bar(1)", "1 $ 2", "", "2 * (3 + 4) * 5", "abs(-x)" } do print(s, pcall(function() return eval(parse(s)) end)) end
--> 1 + 2 * 3	true	7
--> (1 + 2) * 3	true	9
--> 2 ^ 3 ^ 2	true	512
--> -2 ^ 2	true	-4
--> 10 - 3 - 2	true	5
--> x * x + y * y	true	25
--> sqrt(x^2 + y^2)	true	5
--> max(1)	true	1
--> 7 % 4 / 2	true	1.5
--> --5	true	5
--> 1 +	false	unexpected end
--> (1	false	) expected, got end
--> 1 2	false	unexpected num
--> foo	false	undefined foo
--> bar(1)	false	no function bar
--> 1 $ 2	false	bad character '$' at 3
--> 	false	unexpected end
--> 2 * (3 + 4) * 5	true	70
--> abs(-x)	true	3

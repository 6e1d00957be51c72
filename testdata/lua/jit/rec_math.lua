-- Mathematical functions in hot loops: every one with numbers of all kinds, results to the last digit.
jit.opt.start("hotloop=2", "hotexit=2")
local values = { 0, -0, 1, -1, 0.5, -0.5, 2.5, -2.5, 3.75, -3.75, 1e15, -1e15, 1e300, 1 / 0, -1 / 0, 0 / 0, 2 ^ 31, -2 ^ 31 - 1, 7, 100 }
local function show(x)
  if x ~= x then return "nan" end
  if x == 0 then return 1 / x < 0 and "-0" or "0" end
  return ("%.14g"):format(x)
end
local unary = { "abs", "floor", "ceil", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log",
  "log10", "deg", "rad" }
for _, name in ipairs(unary) do
  local f = math[name]
  local out = {}
  for i = 1, #values do out[i] = f(values[i]) end
  for i = 1, #values do out[i] = show(out[i]) end
  print(name, table.concat(out, " "))
end
local binary = { "fmod", "pow", "atan2", "max", "min", "log" }
for _, name in ipairs(binary) do
  local f = math[name]
  local out = {}
  for i = 1, #values do
    for j = 1, #values, 3 do out[#out + 1] = f(values[i], values[j]) end
  end
  local n = 0
  for i = 1, #out do out[i] = show(out[i]) n = n + #out[i] end
  print(name, n, table.concat(out, " ", 1, 40))
end
-- Direct calls, so that the callee is known.
local s = 0
for i = 1, 100 do s = s + math.floor(i / 3) * 2 + math.ceil(i / 7) - math.abs(50 - i) end
print(s)
s = 0
for i = 1, 100 do s = math.max(s, i % 37, 3.5) s = math.min(s, 36) end
print(s)
s = 0
for i = 1, 100 do s = s + math.max(i, 50) - math.min(i, 50, 25) end
print(s)
s = 0
for i = 1, 100 do local w, f = math.modf(i / 8 - 5) s = s + w * 10 + f end
print(s)
for i = 1, 30 do local w, f = math.modf(-i) if i == 30 then print(show(w), show(f)) end end
s = 0
for i = 1, 100 do local m, e = math.frexp(i) s = s + math.ldexp(m, e) - i + e end
print(s)
s = 0
for i = 1, 100 do s = s + math.ldexp(i, i % 5 - 2) end
print(s)
s = 0
for i = 1, 100 do s = s + math.log(i, 2) + math.log(i, 10) end
print(("%.10f"):format(s))
math.randomseed(42)
local sum, lo, hi = 0, 1e9, -1e9
for i = 1, 300 do
  local a, b, c = math.random(), math.random(6), math.random(-3, 12)
  sum = sum + a * 1000 + b * 10 + c
  lo, hi = math.min(lo, c), math.max(hi, c)
end
print(("%.6f"):format(sum), lo, hi)
-- Strings are converted, what is no number is an error at its place.
s = 0
for i = 1, 60 do s = s + math.floor(i % 20 == 0 and "2.5" or i + 0.5) end
print(s)
for i = 1, 60 do
  local ok, m = pcall(function(x) return math.sqrt(x) + 1 end, i == 59 and {} or i)
  if not ok then print(i, m) end
end
s = 0
for i = -60, 60 do s = s + (math.abs(i) + math.abs(i + 0.5)) end
print(s)
--> abs	0 0 1 1 0.5 0.5 2.5 2.5 3.75 3.75 1e+15 1e+15 1e+300 inf inf nan 2147483648 2147483649 7 100
--> floor	0 -0 1 -1 0 -1 2 -3 3 -4 1e+15 -1e+15 1e+300 inf -inf nan 2147483648 -2147483649 7 100
--> ceil	0 -0 1 -1 1 -0 3 -2 4 -3 1e+15 -1e+15 1e+300 inf -inf nan 2147483648 -2147483649 7 100
--> sqrt	0 -0 1 nan 0.70710678118655 nan 1.5811388300842 nan 1.9364916731037 nan 31622776.601684 nan 1e+150 inf nan nan 46340.950011842 nan 2.6457513110646 10
--> sin	0 -0 0.8414709848079 -0.8414709848079 0.4794255386042 -0.4794255386042 0.59847214410396 -0.59847214410396 -0.57156131874234 0.57156131874234 0.85827279317024 -0.85827279317024 -0.81788191211591 nan nan nan -0.97131017579294 0.32468570024367 0.65698659871879 -0.50636564110976
--> cos	1 1 0.54030230586814 0.54030230586814 0.87758256189037 0.87758256189037 -0.80114361554693 -0.80114361554693 -0.82055935733956 -0.82055935733956 -0.51319373778697 -0.51319373778697 -0.57538611195755 nan nan nan 0.2378161945728 0.94582196847889 0.7539022543433 0.86231887228768
--> tan	0 -0 1.5574077246549 -1.5574077246549 0.54630248984379 -0.54630248984379 -0.74702229723866 0.74702229723866 0.69655085111146 -0.69655085111146 -1.6724147821276 1.6724147821276 1.4214488238747 nan nan nan -4.0842894552986 0.34328416030117 0.87144798272432 -0.58721391515693
--> asin	0 -0 1.5707963267949 -1.5707963267949 0.5235987755983 -0.5235987755983 nan nan nan nan nan nan nan nan nan nan nan nan nan nan
--> acos	1.5707963267949 1.5707963267949 0 3.1415926535898 1.0471975511966 2.0943951023932 nan nan nan nan nan nan nan nan nan nan nan nan nan nan
--> atan	0 -0 0.78539816339745 -0.78539816339745 0.46364760900081 -0.46364760900081 1.1902899496825 -1.1902899496825 1.3101939350476 -1.3101939350476 1.5707963267949 -1.5707963267949 1.5707963267949 1.5707963267949 -1.5707963267949 nan 1.5707963263292 -1.5707963263292 1.4288992721907 1.5607966601082
--> sinh	0 -0 1.1752011936438 -1.1752011936438 0.52109530549375 -0.52109530549375 6.0502044810398 -6.0502044810398 21.248782127103 -21.248782127103 inf -inf inf inf -inf nan inf -inf 548.31612327325 1.3440585709081e+43
--> cosh	1 1 1.5430806348152 1.5430806348152 1.1276259652064 1.1276259652064 6.1322894796637 6.1322894796637 21.272299872959 21.272299872959 inf inf inf inf inf nan inf inf 548.31703515521 1.3440585709081e+43
--> tanh	0 -0 0.76159415595576 -0.76159415595576 0.46211715726001 -0.46211715726001 0.98661429815143 -0.98661429815143 0.99889444272615 -0.99889444272615 1 -1 1 1 -1 nan 1 -1 0.99999833694394 1
--> exp	1 1 2.718281828459 0.36787944117144 1.6487212707001 0.60653065971263 12.182493960703 0.082084998623899 42.521082000063 0.023517745856009 inf 0 inf inf 0 nan inf 0 1096.6331584285 2.6881171418161e+43
--> log	-inf -inf 0 nan -0.69314718055995 nan 0.91629073187416 nan 1.3217558399823 nan 34.538776394911 nan 690.77552789821 inf nan nan 21.487562597358 nan 1.9459101490553 4.6051701859881
--> log10	-inf -inf 0 nan -0.30102999566398 nan 0.39794000867204 nan 0.57403126772772 nan 15 nan 300 inf nan nan 9.3319298655834 nan 0.84509804001426 2
--> deg	0 -0 57.295779513082 -57.295779513082 28.647889756541 -28.647889756541 143.23944878271 -143.23944878271 214.85917317406 -214.85917317406 5.7295779513082e+16 -5.7295779513082e+16 5.7295779513082e+301 inf -inf nan 123041749603.76 -123041749661.05 401.07045659158 5729.5779513082
--> rad	0 -0 0.017453292519943 -0.017453292519943 0.0087266462599716 -0.0087266462599716 0.043633231299858 -0.043633231299858 0.065449846949787 -0.065449846949787 17453292519943 -17453292519943 1.7453292519943e+298 inf -inf nan 37480660.290339 -37480660.307792 0.1221730476396 1.7453292519943
--> fmod	390	nan 0 0 0 0 nan 0 nan -0 -0 -0 -0 nan -0 nan 0 1 1 1 nan 1 nan -0 -1 -1 -1 nan -1 nan 0.5 0.5 0.5 0.5 nan 0.5 nan -0.5 -0.5 -0.5 -0.5
--> pow	710	1 inf 0 inf 0 nan 0 1 -inf 0 inf 0 nan -0 1 1 1 1 1 1 1 1 -1 nan nan 1 nan -1 1 2 0.17677669529664 13.454342644059 0 nan 0.0078125 1 -2 nan nan 0
--> atan2	1639	0 3.1415926535898 0 3.1415926535898 0 nan 0 -0 -3.1415926535898 -0 -3.1415926535898 -0 nan -0 1.5707963267949 2.3561944901923 0.38050637711236 2.8809902618425 1e-300 nan 0.14189705460416 -1.5707963267949 -2.3561944901923 -0.38050637711236 -2.8809902618425 -1e-300 nan -0.14189705460416 1.5707963267949 2.677945044589 0.19739555984988 3.0090411212931 5e-301 nan 0.07130746478529 -1.5707963267949 -2.677945044589 -0.19739555984988 -3.0090411212931 -5e-301
--> max	476	0 0 2.5 0 1e+300 nan 7 0 -0 2.5 -0 1e+300 nan 7 1 1 2.5 1 1e+300 nan 7 0 -1 2.5 -1 1e+300 nan 7 0.5 0.5 2.5 0.5 1e+300 nan 7 0 -0.5 2.5 -0.5 1e+300
--> min	489	0 -1 0 -3.75 0 nan 0 0 -1 -0 -3.75 -0 nan -0 0 -1 1 -3.75 1 nan 1 -1 -1 -1 -3.75 -1 nan -1 0 -1 0.5 -3.75 0.5 nan 0.5 -0.5 -1 -0.5 -3.75 -0.5
--> log	669	nan nan -inf nan -inf nan -inf nan nan -inf nan -inf nan -inf -0 nan 0 nan 0 nan 0 nan nan nan nan nan nan nan 0 nan -0.75647079736603 nan -0.0010034333188799 nan -0.35620718710802 nan nan nan nan nan
--> 1565
--> 36
--> 4075
--> 1238.25
--> -30	-0
--> 580
--> 7877.5
--> 682.7349969448
--> 155836.502780	-3	12
--> 1716
--> 59	rec_math.lua:65: bad argument #1 to 'sqrt' (number expected, got table)
--> 7320.5

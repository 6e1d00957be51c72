-- Random format directives on random numbers: a checksum for each conversion, and samples.
-- modes: -gc-stress
math.randomseed(2024)
local function number()
  local k = math.random(8)
  if k == 1 then return math.random(-1000, 1000) elseif k == 2 then return math.random() elseif k == 3 then return (math.random() - 0.5) * 10 ^ math.random(-30, 30)
  elseif k == 4 then return math.ldexp(math.random() - 0.5, math.random(-1070, 1024)) elseif k == 5 then return math.random(-1e9, 1e9) / 1000 elseif k == 6 then return math.random(0, 10) / 2 ^ math.random(0, 10)
  elseif k == 7 then return ({ 0, -0, 1 / 0, -1 / 0, 2 ^ 53, 1e15, 1e16, 5e-324, 2 ^ 1023, 0.5 })[math.random(10)] end
  return math.random(0, 2 ^ 31) * math.random(0, 2 ^ 20)
end
for c in ("gfeGEaAdixXouc"):gmatch "." do
  local h, samples = 0, {}
  for i = 1, 1500 do
    local flags = "" for f in ("-+ #0"):gmatch "." do if math.random(4) == 1 then flags = flags .. f end end
    local fmt = "%" .. flags .. (math.random(2) == 1 and math.random(0, 30) or "") .. (math.random(2) == 1 and "." .. math.random(0, 25) or "") .. c
    local n = number()
    if c:find "[dixXou]" then n = math.floor(n) if n ~= n or n > 2 ^ 53 or n < -2 ^ 53 then n = 12345 end if c:find "[xXou]" then n = math.abs(n) end end
    if c == "c" then n = math.random(32, 126) end
    if c:find "[gfeGEaA]" and n ~= n then n = 0 end
    local ok, s = pcall(string.format, fmt, n)
    for j = 1, #s do h = (h * 31 + s:byte(j)) % 4294967296 end
    if i % 500 == 0 then samples[#samples + 1] = ("%s of %.17g = [%s]"):format(fmt, n, s) end
  end
  print(c, ("%.0f"):format(h), table.concat(samples, "; "))
end
local h = 0
for i = 1, 5000 do local s = tostring(number()) assert(tonumber(s)) for j = 1, #s do h = (h * 31 + s:byte(j)) % 4294967296 end end
print("tostring", ("%.0f"):format(h))
for i = 1, 5000 do local n = number() if n == n then assert(tonumber(("%.17g"):format(n)) == n) assert(tonumber(("%a"):format(n)) == n or n == 1 / 0 or n == -1 / 0) end end
print "numbers survive %.17g and %a"
--> g	2444493190	%-15g of 0.85897118711934173 = [0.858971       ]; %+ #g of -3.8287371075760489e-275 = [-3.82874e-275]; % 12g of 10000000000000000 = [       1e+16]
--> f	1436893709	%-#f of 10 = [10.000000]; %18f of 3.3983337390540913e+25 = [33983337390540912569876480.000000]; %-+f of -4.7244077271805088e-254 = [-0.000000]
--> e	4166102747	% .23e of -2.0140282500118987e+123 = [-2.01402825001189870777250e+123]; %e of -3.9937116728263833e-229 = [-3.993712e-229]; %e of 1.125 = [1.125000e+00]
--> G	2502497537	%17G of 0 = [                0]; %G of 0 = [0]; %-16.3G of 0.61323607004271441 = [0.613           ]
--> E	3360190901	%+ 12.21E of -0.00034101038015128961 = [-3.410103801512896141805E-04]; %#.0E of -179.04506586625058 = [-2.E+02]; % 0.17E of 7.9956611858471364e-05 = [ 7.99566118584713644E-05]
--> a	1268770240	%a of 10000000000000000 = [0x1.1c37937e08p+53]; %-#22a of 0.39706101396170634 = [0x1.96972995edb3p-2   ]; %-0.7a of -18 = [-0x1.2000000p+4]
--> A	2243586487	%7A of 0.03125 = [ 0X1P-5]; % #18.4A of -5.5229593091109599e+294 = [    -0X1.14B9P+979]; %-.0A of 642636.21100000001 = [0X1P+19]
--> d	1637466143	%-d of 202 = [202]; %0d of -0 = [0]; %-014d of 12345 = [12345         ]
--> i	2229582164	%+.21i of 339 = [+000000000000000000339]; %i of 1 = [1]; %+010.11i of -459 = [-00000000459]
--> x	1967948389	%+0x of 0 = [0]; %+#.24x of 63425 = [0x00000000000000000000f7c1]; %x of 0 = [0]
--> X	2498632756	%#0X of 470 = [0X1D6]; %+4X of 705 = [ 2C1]; % X of 12345 = [3039]
--> o	3697117295	%+.5o of 14594183502192 = [324277107714560]; %+#o of 0 = [0]; %#0.3o of 12345 = [030071]
--> u	676917125	%u of 0 = [0]; %+18.4u of 484023944082813 = [   484023944082813]; %-#.9u of 0 = [000000000]
--> c	2627909582	%c of 56 = [8]; %0.8c of 42 = [*]; %+ c of 75 = [K]
--> tostring	691794004
--> numbers survive %.17g and %a

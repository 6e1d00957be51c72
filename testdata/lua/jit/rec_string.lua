-- String functions in hot loops: all sides an index may be on, lengths that change, results that are absent.
jit.opt.start("hotloop=2", "hotexit=2")
local s = "the quick brown fox"
local out = {}
for i = -22, 22 do out[#out + 1] = tostring((s:byte(i))) end
print(table.concat(out, " "))
for _, j in ipairs { -25, -19, -1, 0, 1, 7, 19, 25 } do
  out = {}
  for i = -22, 22 do out[#out + 1] = s:sub(i, j) end
  print(j, #table.concat(out), out[1], out[30])
end
for j = -21, 21, 6 do
  out = {}
  for i = -21, 21 do local a, b = s:byte(i, j) out[#out + 1] = tostring(a) .. tostring(b) end
  print(j, table.concat(out, " "))
end
local n = 0
for i = 1, 100 do n = n + select("#", s:byte(i % 20, i % 20 + 3)) end
print(n)
out = {}
for i = 1, 60 do out[#out + 1] = s:sub(i % 19 + 1) end
print(#table.concat(out), out[60])
out = {}
for i = 1, 60 do out[#out + 1] = s:sub(i / 2, i / 2 + 1.5) end
print(table.concat(out, "|"))
out = {}
for i = 32, 126 do out[#out + 1] = string.char(i) end
print(table.concat(out))
out = {}
for i = 65, 120 do out[#out + 1] = string.char(i, i + 1, 46) end
print(table.concat(out))
n = 0
for i = 1, 100 do n = n + #string.char() + #string.rep("ab", i % 5) + #("x"):rep(-i) + #("ab"):rep(3, ",") end
print(n)
out = {}
for i = 1, 50 do out[i] = (("Ab" .. i):upper() .. ("Ab" .. i):lower() .. ("Ab" .. i):reverse()) end
print(out[1], out[50])
n = 0
for i = 1, 100 do n = n + ("x"):rep(i):len() + string.len("abc") end
print(n)
-- find
out = {}
for i = 1, 60 do
  local a, b = s:find("o", i - 30)
  out[i] = tostring(a) .. ":" .. tostring(b)
end
print(table.concat(out, " "))
out = {}
for i = 1, 40 do local a, b = s:find("", i) out[i] = tostring(a) .. ":" .. tostring(b) end
print(table.concat(out, " "))
out = {}
for i, w in ipairs { "quick", "fox", "cat", "the", "", "o", "n f", "x", "xx", "quick" } do
  local a, b = s:find(w, 1, true)
  out[i] = tostring(a) .. ":" .. tostring(b)
end
print(table.concat(out, " "))
n = 0
for i = 1, 60 do n = n + (s:find("%a+", i % 10) or 0) + (s:find(".", 1, true) or 1) end
print(n)
-- match, gmatch, gsub
n = 0
for i = 1, 60 do n = n + #s:match("%a+", i % 19) + #s:match("(%a)(%a)") end
print(n)
n = 0
for i = 1, 20 do for w, x in s:gmatch("(%a)(%a*)") do n = n + #w * 10 + #x end end
print(n)
n = 0
for i = 1, 60 do
  local r, c = s:gsub("o", i % 2 == 0 and "0" or { o = "oo" })
  n = n + #r + c
end
print(n)
local calls = 0
for i = 1, 60 do s:gsub("%a+", function(w) calls = calls + #w end) end
print(calls)
-- format
out = {}
for i = 1, 60 do out[i] = ("%d:%s;%%"):format(i, i % 3 == 0 and "x" or i % 3 == 1 and i + 0.5 or true) end
print(out[1], out[2], out[3], out[60])
out = {}
for i = 1, 60 do out[i] = ("%5.2f|%03d|%-4s|%x|%q"):format(i / 3, i, i, i, i) end
print(out[1], out[60])
for i = 1, 60 do out[i] = ("%s %s"):format(nil, false) .. ("%d"):format(i % 20 == 0 and -0 or i % 20 == 1 and "12" or i % 20 == 2 and 3.7 or i) end
print(out[1], out[2], out[20], out[21], out[60])
local f = { "%d", "%s!", "<%s>" }
for i = 1, 60 do out[i] = f[i % 3 + 1]:format(i) end
print(table.concat(out, " "))
for i = 1, 40 do
  local ok, m = pcall(function(v) return ("%d"):format(v) end, i == 39 and "x" or i)
  if not ok then print(i, m) end
end
-- Numbers in the place of strings.
n = 0
for i = 1, 60 do n = n + #string.sub(i, 1, 1) + string.byte(i) + string.len(i) end
print(n)
--> nil nil nil 116 104 101 32 113 117 105 99 107 32 98 114 111 119 110 32 102 111 120 nil 116 104 101 32 113 117 105 99 107 32 98 114 111 119 110 32 102 111 120 nil nil nil
--> -25	0		
--> -19	6	t	
--> -1	456	the quick brown fox	ick brown fox
--> 0	0		
--> 1	6	t	
--> 7	84	the qui	i
--> 19	456	the quick brown fox	ick brown fox
--> 25	456	the quick brown fox	ick brown fox
--> -21	nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil
--> -15	116104 116104 116104 104101 10132 32113 113nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil 116104 116104 104101 10132 32113 113nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil
--> -9	116104 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil
--> -3	116104 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98114 114111 111119 119110 11032 32102 102nil nilnil nilnil 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98114 114111 111119 119110 11032 32102 102nil nilnil nilnil nilnil nilnil
--> 3	116104 116104 116104 104101 101nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil 116104 116104 104101 101nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil
--> 9	116104 116104 116104 104101 10132 32113 113117 117105 10599 99107 107nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil 116104 116104 104101 10132 32113 113117 117105 10599 99107 107nil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil nilnil
--> 15	116104 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98114 114111 111119 119110 110nil nilnil nilnil nilnil nilnil 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98114 114111 111119 119110 110nil nilnil nilnil nilnil nilnil nilnil nilnil
--> 21	116104 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98114 114111 111119 119110 11032 32102 102111 111120 120nil 116104 116104 104101 10132 32113 113117 117105 10599 99107 10732 3298 98114 114111 111119 119110 11032 32102 102111 111120 120nil nilnil nilnil
--> 365
--> 621	 quick brown fox
--> th|th|the|he|he |e |e q| q| qu|qu|qui|ui|uic|ic|ick|ck|ck |k |k b| b| br|br|bro|ro|row|ow|own|wn|wn |n |n f| f| fo|fo|fox|ox|ox|x|x|||||||||||||||||||||
-->  !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~
--> AB.BC.CD.DE.EF.FG.GH.HI.IJ.JK.KL.LM.MN.NO.OP.PQ.QR.RS.ST.TU.UV.VW.WX.XY.YZ.Z[.[\.\].]^.^_._`.`a.ab.bc.cd.de.ef.fg.gh.hi.ij.jk.kl.lm.mn.no.op.pq.qr.rs.st.tu.uv.vw.wx.xy.
--> 1200
--> AB1ab11bA	AB50ab5005bA
--> 5350
--> 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 18:18 18:18 18:18 18:18 18:18 nil:nil 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 13:13 18:18 18:18 18:18 18:18 18:18 nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil nil:nil
--> 1:0 2:1 3:2 4:3 5:4 6:5 7:6 8:7 9:8 10:9 11:10 12:11 13:12 14:13 15:14 16:15 17:16 18:17 19:18 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19 20:19
--> 5:9 17:19 nil:nil 1:3 1:0 13:13 15:17 19:19 nil:nil 5:9
--> 342
--> 237
--> 1040
--> 1320
--> 960
--> 1:1.5;%	2:true;%	3:x;%	60:x;%
-->  0.33|001|1   |1|"1"	20.00|060|60  |3c|"60"
--> nil false12	nil false3	nil false0	nil false12	nil false0
--> 1! <2> 3 4! <5> 6 7! <8> 9 10! <11> 12 13! <14> 15 16! <17> 18 19! <20> 21 22! <23> 24 25! <26> 27 28! <29> 30 31! <32> 33 34! <35> 36 37! <38> 39 40! <41> 42 43! <44> 45 46! <47> 48 49! <50> 51 52! <53> 54 55! <56> 57 58! <59> 60
--> 39	bad argument #2 to '?' (number expected, got string)
--> 3252

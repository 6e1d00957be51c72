-- Traces that begin at the body of a numeric loop, where another function than before is called first: the index is an integer as that of the
-- loop is, unless the body jumps back to its beginning with another.
local fs = {
  function(x) return x + 1 end,
  function(x) return x * 2 end,
  function(x) return 3 - x end,
  function(x) return x % 7 end,
}

local function plain(f, n)
  local sum = 0
  for i = 1, n do
    sum = sum + f(i)
    sum = sum + (i % 4) + (5 * i + 1) % 16 - (3 - 7 * i) % 8
  end
  return sum
end

local function again(f, n, step)
  local sum = 0
  for i = 1, n do
    ::top::
    sum = sum + f(i) + i % 4
    if i < 20 then
      i = i + step
      goto top
    end
  end
  return sum
end

local function assigned(f, n)
  local list, sum = {}, 0
  for i = 1, n do
    list[i] = f(i)
    i = i / 4
    if i % 1 == 0.5 then i = i + 0.25 end
    sum = sum + i
  end
  return sum + #list
end

local function fractions(f, from, to, step)
  local sum = 0
  for i = from, to, step do sum = sum + f(i) % 4 + (2 * i + 1) % 8 end
  return sum
end

local function captured(f, n)
  local last
  for i = 1, n do
    f(i)
    if i % 50 == 0 then last = function() i = i + 0.5 return i end end
    if last and i % 2 == 0 then last() end
  end
  return last()
end

for round = 1, 3 do
  for _, f in ipairs(fs) do
    print(plain(f, 200), again(f, 200, 1), again(f, 200, 7.25), assigned(f, 200), captured(f, 200))
    print(fractions(f, 1, 100, 1), fractions(f, 0.5, 50, 0.5), fractions(f, -50, 50, 1), fractions(f, 2 ^ 31 - 60, 2 ^ 31 + 60, 1))
  end
end

-- Remainders by powers of two of what is computed from integers: no sign on nothing, and no rounding where products are large.
local function remainders(f, n)
  local sums, signs = { 0, 0, 0, 0 }, 0
  for i = -n, n do
    f(i)
    signs = signs + (1 / ((i * -8) % 8) > 0 and 1 or -1)
    sums[1] = sums[1] + (2147483647 * i + 5) % 1024
    sums[2] = sums[2] + (i + 300) * ((i * i * 65536) % 4194304)
    sums[3] = sums[3] + (i * 8388608 * i * 8388608 + i) % 32
    sums[4] = sums[4] + (i - 1) % 1073741824
  end
  return signs .. " " .. table.concat(sums, " ")
end

for _, f in ipairs(fs) do print(remainders(f, 100)) end
--> 21400	23730	21407	5237.5	201
--> 550	527	558	662
--> 41300	46100	41974.5	5237.5	201
--> 500	500	505	601
--> -18400	-21010	-19728	5237.5	201
--> 550	525	556	664
--> 1698	1829	1088	5237.5	201
--> 529	502	534	637
--> 21400	23730	21407	5237.5	201
--> 550	527	558	662
--> 41300	46100	41974.5	5237.5	201
--> 500	500	505	601
--> -18400	-21010	-19728	5237.5	201
--> 550	525	556	664
--> 1698	1829	1088	5237.5	201
--> 529	502	534	637
--> 21400	23730	21407	5237.5	201
--> 550	527	558	662
--> 41300	46100	41974.5	5237.5	201
--> 500	500	505	601
--> -18400	-21010	-19728	5237.5	201
--> 550	525	556	664
--> 1698	1829	1088	5237.5	201
--> 529	502	534	637
--> 201 98285 82339430400 1024 108447924023
--> 201 98285 82339430400 1024 108447924023
--> 201 98285 82339430400 1024 108447924023
--> 201 98285 82339430400 1024 108447924023

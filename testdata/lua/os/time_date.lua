-- os.time normalisation, os.date formats, difftime, clock. The time zone is UTC.
print(os.time { year = 2000, month = 1, day = 1, hour = 0 }, os.time { year = 2000, month = 1, day = 1 }, os.time { year = 1970, month = 1, day = 1, hour = 0, min = 0, sec = 1 }) print(os.time { year = 2001, month = 14, day = -3, hour = 25, min = 61, sec = -5 }, os.time { year = 2024, month = 2, day = 30, hour = 12 }, os.time { year = "2010", month = "6", day = "15" }) print(os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!%Y-%m-%d", 1e9), os.date("!%c", 86400), os.date("!%x %X %p", 3600), os.date("!%A %B %d %j %U %w %a %b %y %Z", 1e9), os.date("!%%", 0), os.date("!%D %e %F %R %T", 1e9))
local t = os.date("!*t", 1234567890) print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst) print(os.date("%H:%M", 3600), os.date("*t", 0).year, os.time(os.date("*t", 1e9)) == 1e9, os.date("", 0) == "", os.date("!plain", 0)) local u = { year = 2023, month = 13, day = 1, hour = 12 } print(os.time(u)) print(u.year, u.month) print(pcall(os.time, { year = 2000 })) print(pcall(os.time, { year = 2000, month = 1 })) print(pcall(os.time, { month = 1, day = 1 })) print(pcall(os.time, { year = "x", month = 1, day = 1 })) print(pcall(os.time, 5)) print(pcall(os.date, {})) print(pcall(os.date, "%Y", "x")) print(os.difftime(10, 4), os.difftime(4, 10), pcall(os.difftime)) print(type(os.time()), os.time() > 1.6e9, type(os.clock()), os.clock() >= 0, type(os.date())) print(os.time { year = 2000, month = 1, day = 1, hour = 12, isdst = false }, os.time { year = 1969, month = 12, day = 31, hour = 23, min = 59, sec = 58 }) print(os.time { year = 2000, month = 1, day = 1.0, hour = 5 }) print(#os.date(("%Y"):rep(100), 0))
local c0 = os.clock() local n = 0 while os.clock() - c0 < 0.005 do n = n + 1 end print(n > 0, os.clock() > c0)
--> 946684800	946728000	1
--> 1012269655	1709294400	1276603200
--> 1970-01-01 00:00:00	2001-09-09	Fri Jan  2 00:00:00 1970	01/01/70 01:00:00 AM	Sunday September 09 252 36 0 Sun Sep 01 GMT	%	09/09/01  9 2001-09-09 01:46 01:46:40
--> 2009	2	13	23	31	30	6	44	false
--> 01:00	1970	true	true	plain
--> 1704110400
--> 2023	13
--> false	field 'day' missing in date table
--> false	field 'day' missing in date table
--> false	field 'year' missing in date table
--> false	field 'year' missing in date table
--> false	bad argument #1 to '?' (table expected, got number)
--> false	bad argument #1 to '?' (string expected, got table)
--> false	bad argument #2 to '?' (number expected, got string)
--> 6	-6	false	bad argument #1 to '?' (number expected, got no value)
--> number	true	number	true	string
--> 946728000	-2
--> 946702800
--> 400
--> true	true

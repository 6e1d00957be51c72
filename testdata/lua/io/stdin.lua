-- Standard input: mixed formats through io.read and io.lines.
-- stdin: first line\n42 7.5\nrest one\nrest two\n\nend
print(io.read()) print(io.read("*n", "*n")) print(io.read "*l" == "") for l in io.lines() do io.write("[", l, "]") end print() print(io.read(), io.read "*a", io.read(0)) print(io.stdin:read "*l") print(io.type(io.stdin), io.input() == io.stdin)
--> first line
--> 42	7.5
--> true
--> [rest one][rest two][][end]
--> nil		nil
--> nil
--> file	true

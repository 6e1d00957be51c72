-- How messages about bytecode call a chunk: its name's bytes as they are, without the first if it says what the name is.
local function shown(text) return (text:gsub("[^ -~]", function(c) return "\\" .. c:byte() end)) end
for _, name in ipairs { "@a\255b.lua", "=\200", "=a\0b", "@", "", "text\255", "\27LJ" } do
  print(shown(select(2, load("\27LJ\1", name))))
end
--> a\255b.lua: cannot load incompatible bytecode
--> \200: cannot load incompatible bytecode
--> a: cannot load incompatible bytecode
--> : cannot load incompatible bytecode
--> : cannot load incompatible bytecode
--> text\255: cannot load incompatible bytecode
--> (binary): cannot load incompatible bytecode

-- luajit: differs it loads modules in C and has the FFI
-- Modules in C are found and refused; `ffi` is not there, and the message says why.
local dir = os.tmpname() os.remove(dir) os.execute("mkdir " .. dir) io.open(dir .. "/native.so", "w"):close()
package.path, package.cpath = "", dir .. "/?.so"
local function show(ok, message) print(ok, (message:gsub(dir:gsub("%p", "%%%0"), "DIR"))) end
show(pcall(require, "native")) show(pcall(require, "native.part")) show(pcall(require, "ffi")) print(package.loadlib("x.so", "luaopen_x"))
os.execute("rm -r " .. dir)
--> false	error loading module 'native' from file 'DIR/native.so':
--> 	Kiln does not load modules in C
--> false	error loading module 'native.part' from file 'DIR/native.so':
--> 	Kiln does not load modules in C
--> false	module 'ffi' not found:
--> 	no field package.preload['ffi']
--> 	Kiln has no FFI: 'ffi' is not part of it
--> 	no file 'DIR/ffi.so'
--> nil	Kiln does not load modules in C	absent

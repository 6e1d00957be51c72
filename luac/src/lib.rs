//! The Lua front end: lexer, single-pass parser and emitter of LuaJIT's bytecode.

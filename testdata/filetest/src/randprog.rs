//! Random Lua programs.

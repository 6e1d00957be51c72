//! Where modules are looked for: the runtime's `package.path`, and the search of `kiln build`, which must agree.

/// `package.path` where `LUA_PATH` says nothing else.
pub const LUA_PATH: &str = "./?.lua;/usr/share/kiln/?.lua;/usr/local/share/lua/5.1/?.lua;\
                            /usr/local/share/lua/5.1/?/init.lua;/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";

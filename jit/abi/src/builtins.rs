//! The table of builtins: every function of the libraries, its number, Rust name and Lua name.
//!
//! Invariant: a builtin's number is its row; numbers are stable within a build only, so nothing stores them across builds
//! but by name.

/// Calls the macro `$m` with every builtin, grouped by library: `library "prefix" { rust_name "lua name", … }`.
///
/// The implementation of a row is the function `stdlib::<library>::<rust_name>`; libraries marked `core` are the
/// interpreter's own, since they change frames.
#[macro_export]
macro_rules! for_each_builtin {
    ($m:ident) => {
        $m! {
            core control "" {
                error "error", pcall "pcall", xpcall "xpcall", co_create "coroutine.create", co_isyieldable "coroutine.isyieldable",
                co_resume "coroutine.resume", co_running "coroutine.running", co_status "coroutine.status", co_wrap "coroutine.wrap",
                co_wrap_aux "coroutine.wrap_aux", co_yield "coroutine.yield",
            }
            lib base "" {
                assert "assert", collectgarbage "collectgarbage", dofile "dofile", gcinfo "gcinfo", getfenv "getfenv",
                getmetatable "getmetatable", ipairs "ipairs", ipairs_aux "ipairs_aux", load "load", loadfile "loadfile",
                loadstring "loadstring", newproxy "newproxy", next "next", pairs "pairs", print "print", rawequal "rawequal",
                rawget "rawget", rawset "rawset", select "select", setfenv "setfenv", setmetatable "setmetatable",
                tonumber "tonumber", tostring "tostring", type_of "type", unpack "unpack",
            }
            lib string "string." {
                byte "byte", char "char", dump "dump", find "find", format "format", gmatch "gmatch", gmatch_aux "gmatch_aux",
                gsub "gsub", len "len", lower "lower", match_ "match", open_buffer "open_buffer", rep "rep", reverse "reverse",
                sub "sub", upper "upper",
            }
            lib table "table." {
                clear "clear", concat "concat", foreach "foreach", foreachi "foreachi", getn "getn", insert "insert", maxn "maxn",
                move_ "move", new "new", open_clear "open_clear", open_new "open_new", remove "remove", sort "sort",
            }
            lib math "math." {
                abs "abs", acos "acos", asin "asin", atan "atan", atan2 "atan2", ceil "ceil", cos "cos", cosh "cosh", deg "deg",
                exp "exp", floor "floor", fmod "fmod", frexp "frexp", ldexp "ldexp", log "log", log10 "log10", max "max",
                min "min", modf "modf", pow "pow", rad "rad", random "random", randomseed "randomseed", sin "sin", sinh "sinh",
                sqrt "sqrt", tan "tan", tanh "tanh",
            }
            lib bit "bit." {
                arshift "arshift", band "band", bnot "bnot", bor "bor", bswap "bswap", bxor "bxor", lshift "lshift", rol "rol",
                ror "ror", rshift "rshift", tobit "tobit", tohex "tohex",
            }
            lib io "io." {
                close "close", flush "flush", input "input", lines "lines", lines_aux "lines_aux", open_ "open", output "output",
                popen "popen", read "read", tmpfile "tmpfile", type_of "type", write "write", file_close "file:close",
                file_flush "file:flush", file_lines "file:lines", file_read "file:read", file_seek "file:seek",
                file_setvbuf "file:setvbuf", file_write "file:write", file_gc "file:__gc", file_tostring "file:__tostring",
            }
            lib os "os." {
                clock "clock", date "date", difftime "difftime", execute "execute", exit "exit", getenv "getenv",
                remove "remove", rename "rename", setlocale "setlocale", time "time", tmpname "tmpname",
            }
            lib debug "debug." {
                debug "debug", getfenv "getfenv", gethook "gethook", getinfo "getinfo", getlocal "getlocal",
                getmetatable "getmetatable", getregistry "getregistry", getupvalue "getupvalue", setfenv "setfenv",
                sethook "sethook", setlocal "setlocal", setmetatable "setmetatable", setupvalue "setupvalue",
                traceback "traceback", upvalueid "upvalueid", upvaluejoin "upvaluejoin",
            }
            lib package "package." {
                loadlib "loadlib", searchpath "searchpath", seeall "seeall", module "module", require "require",
                loader_preload "loader_preload", loader_lua "loader_lua", loader_c "loader_c", loader_croot "loader_croot",
            }
            lib jit "jit." {
                on "on", off "off", flush "flush", status "status", attach "attach", security "security", opt_start "opt.start",
                module_loader "module_loader",
                util_funcbc "util.funcbc", util_funcinfo "util.funcinfo", util_funck "util.funck",
                util_funcuvname "util.funcuvname", util_ircalladdr "util.ircalladdr", util_traceexitstub "util.traceexitstub",
                util_traceinfo "util.traceinfo", util_traceir "util.traceir", util_tracek "util.tracek",
                util_tracemc "util.tracemc", util_tracesnap "util.tracesnap", bc_line "bc.line", bc_dump "bc.dump", bc_targets "bc.targets", bc_start "bc.start",
                bc_off "bc.off", v_start "v.start", v_off "v.off", dump_start "dump.start", dump_off "dump.off",
                p_start "p.start", p_stop "p.stop", zone_call "zone.call", zone_get "zone.get", zone_flush "zone.flush",
                profile_start "profile.start", profile_stop "profile.stop", profile_dumpstack "profile.dumpstack",
            }
            lib buffer "buffer." {
                new "new", encode "encode", decode "decode", put "method:put", putf "method:putf", putcdata "method:putcdata",
                set "method:set", skip "method:skip", reset "method:reset", free "method:free", get "method:get",
                reserve "method:reserve", commit "method:commit", ref_ "method:ref", m_encode "method:encode",
                m_decode "method:decode", tostring "method:__tostring", len "method:__len", concat "method:__concat",
            }
        }
    };
}

macro_rules! define_builtins {
    ($($kind:ident $lib:ident $prefix:literal { $($f:ident $name:literal,)* })*) => {
        /// Names of all builtins by number, as `library.function`; number 0 is no builtin.
        pub const NAMES: &[&str] = &["", $($(concat!($prefix, $name),)*)*];
    };
}
for_each_builtin!(define_builtins);

/// Returns what is before the first dot of a name.
const fn library_of(name: &str) -> &str {
    let mut i = 0;
    while i < name.len() {
        if name.as_bytes()[i] == b'.' {
            return name.split_at(i).0;
        }
        i += 1;
    }
    name
}

/// Number of [`GLOBALS`].
const GLOBAL_COUNT: usize = {
    let (mut n, mut i) = (0, 1);
    while i < NAMES.len() {
        if !crate::same(library_of(NAMES[i]), library_of(NAMES[i - 1])) {
            n += 1;
        }
        i += 1;
    }
    n
};

/// Names of the libraries and of the builtins that are in none: what the global table begins with, more or less.
pub const GLOBALS: [&str; GLOBAL_COUNT] = {
    let mut globals = [""; GLOBAL_COUNT];
    let (mut n, mut i) = (0, 1);
    while i < NAMES.len() {
        let name = library_of(NAMES[i]);
        if !crate::same(name, library_of(NAMES[i - 1])) {
            globals[n] = name;
            n += 1;
        }
        i += 1;
    }
    globals
};

/// Returns the number of the builtin called `name` (`library.function`), or 0.
pub const fn number(name: &str) -> u32 {
    let mut i = 1;
    while i < NAMES.len() {
        if crate::same(NAMES[i], name) {
            return i as u32;
        }
        i += 1;
    }
    0
}

const _: () = assert!(number("math.floor") != 0 && number("no.such") == 0);

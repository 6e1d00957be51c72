//! Library `package`: `require`, `module`, and where modules are found.
//!
//! A module is looked for in `package.preload`, among the modules embedded in the executable, along `package.path`, and along
//! `package.cpath`, where finding one is an error: modules in C are not supported.
//!
//! The functions share the package table as their upvalue.

use crate::load::{Failure, load_bytes, read_file};
use crate::register::{self, fill_with, function_with, library, registry_table};
use crate::system::c_bytes;
use abi::paths::LUA_PATH;
use heap::{Raise, Str, Tab, Val, Vm};
use interp::{Cx, Ret, debug};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

library!(package);

/// `package.cpath` where `LUA_CPATH` says nothing else.
const CPATH: &[u8] = if cfg!(target_arch = "x86_64") {
    b"./?.so;/usr/local/lib/lua/5.1/?.so;/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so"
} else if cfg!(target_arch = "aarch64") {
    b"./?.so;/usr/local/lib/lua/5.1/?.so;/usr/lib/aarch64-linux-gnu/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so"
} else {
    b"./?.so;/usr/local/lib/lua/5.1/?.so;/usr/lib/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so"
};
/// Why no module in C is loaded.
const NO_C: &[u8] = b"Kiln does not load modules in C";
/// What stands in `package.loaded` while a module is being loaded.
const LOADING: u64 = 0x6b69_6c6e;

/// Returns the bytecode (or text) of a module by its name, as `require` gets it.
pub type FindModule = fn(&[u8]) -> Option<&'static [u8]>;

/// Modules that are part of the executable: host state that the runtime fills.
#[derive(Default)]
pub struct EmbeddedModules {
    /// Looks a module up, if there are any.
    pub find: Option<FindModule>,
}

/// Replaces every `from` by `to`.
fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = if from.is_empty() { None } else { rest.windows(from.len()).position(|w| w == from) } {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Looks for a readable file along `path`; otherwise returns one line for each file that is not there.
fn search(name: &[u8], path: &[u8], sep: &[u8], dir_sep: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let name = replace(name, sep, dir_sep);
    let mut missing = Vec::new();
    for template in path.split(|&c| c == b';').filter(|t| !t.is_empty()) {
        let file = replace(template, b"?", &name);
        if std::fs::File::open(std::ffi::OsStr::from_bytes(&file)).is_ok() {
            return Ok(file);
        }
        missing.extend_from_slice(b"\n\tno file '");
        missing.extend_from_slice(&file);
        missing.push(b'\'');
    }
    Err(missing)
}

fn searchpath(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    // The order in which stock LuaJIT finds fault.
    let dir_sep = cx.opt_str(3)?.map_or(&b"/"[..], |s| c_bytes(s.bytes()));
    let sep = cx.opt_str(2)?.map_or(&b"."[..], |s| c_bytes(s.bytes()));
    let path = c_bytes(cx.check_str(1)?.bytes());
    let name = c_bytes(cx.check_str(0)?.bytes());
    match search(name, path, sep, dir_sep) {
        Ok(file) => cx.ret_str(&file),
        Err(missing) => cx.ret_fail(&missing, None),
    }
}

// ---- loaders ----

/// Returns a field of the package table.
fn package_field<'c>(cx: &'c Cx<'_>, name: &str) -> Result<Val<'c>, Raise> {
    match cx.upvalue(0).as_tab() {
        Some(package) => package.get_name(cx.vm(), name),
        None => Ok(Val::NIL),
    }
}

/// Looks for a file along the path in a field of the package table.
fn find_file(cx: &Cx<'_>, name: &[u8], field: &str) -> Result<Result<Vec<u8>, Vec<u8>>, Raise> {
    match package_field(cx, field)?.as_str() {
        Some(path) => Ok(search(name, c_bytes(path.bytes()), b".", b"/")),
        None => Err(cx.error(&format!("'package.{field}' must be a string"))),
    }
}

/// Raises "error loading module …".
fn load_error(cx: &Cx<'_>, name: &[u8], file: &[u8], why: &[u8]) -> Raise {
    cx.error_bytes(&[b"error loading module '", name, b"' from file '", file, b"':\n\t", why].concat())
}

fn loader_preload(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = cx.check_str(0)?;
    let Some(preload) = package_field(cx, "preload")?.as_tab() else {
        return Err(cx.error("'package.preload' must be a table"));
    };
    // `preload` may have metamethods.
    cx.push(preload.val());
    let key = cx.height();
    cx.push(name.val());
    cx.index(key - 1, key)?;
    let found = cx.slot(cx.height() - 1);
    if !found.is_nil() {
        return cx.ret_last(1);
    }
    let name = c_bytes(cx.check_str(0)?.bytes());
    let find = cx.vm().host_ref::<EmbeddedModules>().and_then(|modules| modules.find);
    if let Some(bytes) = find.and_then(|find| find(name)) {
        return match load_bytes(cx.vm(), bytes, name, None, None) {
            Ok(f) => cx.ret(f.val()),
            Err(Failure::Message(why)) => Err(load_error(cx, name, b"(embedded)", &why)),
            Err(Failure::Raised(raise)) => Err(raise),
        };
    }
    if let Some(loader) = crate::jit::loader(cx.vm(), name)? {
        return cx.ret(loader.val());
    }
    let mut text = [b"\n\tno field package.preload['", name, b"']"].concat();
    if name == b"ffi" {
        text.extend_from_slice(b"\n\tKiln has no FFI: 'ffi' is not part of it");
    }
    cx.ret_str(&text)
}

fn loader_lua(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let file = match find_file(cx, c_bytes(cx.check_str(0)?.bytes()), "path")? {
        Ok(file) => file,
        Err(missing) => return cx.ret_str(&missing),
    };
    let read = read_file(cx.vm_mut(), Some(&file));
    let loaded = read
        .map_err(Failure::Message)
        .and_then(|(bytes, chunk_name)| load_bytes(cx.vm(), &bytes, &chunk_name, None, None));
    match loaded {
        Ok(f) => {
            cx.push(f.val());
            crate::jit::events::compiled(cx.vm_mut());
            cx.ret_last(1)
        }
        Err(Failure::Message(why)) => Err(load_error(cx, cx.check_str(0)?.bytes(), &file, &why)),
        Err(Failure::Raised(raise)) => Err(raise),
    }
}

fn loader_c(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = c_bytes(cx.check_str(0)?.bytes());
    match find_file(cx, name, "cpath")? {
        Ok(file) => Err(load_error(cx, name, &file, NO_C)),
        Err(missing) => cx.ret_str(&missing),
    }
}

fn loader_croot(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = c_bytes(cx.check_str(0)?.bytes());
    let Some(dot) = name.iter().position(|&c| c == b'.') else { return cx.ret0() };
    match find_file(cx, &name[..dot], "cpath")? {
        Ok(file) => Err(load_error(cx, name, &file, NO_C)),
        Err(missing) => cx.ret_str(&missing),
    }
}

fn loadlib(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.check_str(0)?;
    cx.check_str(1)?;
    cx.push(Val::NIL);
    cx.push_str(NO_C)?;
    cx.push_str(b"absent")?;
    cx.ret_last(3)
}

// ---- require ----

/// Returns the mark of a module that is being loaded.
fn loading() -> Val<'static> {
    Val::lightud(LOADING)
}

/// Pushes `package.loaded[name]`, with metamethods.
fn push_loaded(cx: &mut Cx<'_>) -> Result<(), Raise> {
    let at = cx.height();
    cx.push(registry_table(cx.vm(), "_LOADED")?.val());
    cx.push(cx.arg(0));
    cx.index(at, at + 1)?;
    cx.set_slot(at, cx.slot(at + 2));
    cx.pop(2);
    Ok(())
}

/// Stores `package.loaded[name]`.
fn store_loaded(cx: &Cx<'_>, v: Val<'_>) -> Result<(), Raise> {
    registry_table(cx.vm(), "_LOADED")?.set(cx.vm(), cx.arg(0), v)
}

/// Asks the loaders; leaves what loads the module on top.
fn find_loader(cx: &mut Cx<'_>) -> Result<(), Raise> {
    let mut missing = Vec::new();
    let Some(loaders) = package_field(cx, "loaders")?.as_tab() else {
        return Err(cx.error("'package.loaders' must be a table"));
    };
    let at = cx.height();
    cx.push(loaders.val());
    for i in 1.. {
        let loader = cx.slot(at).as_tab().map_or(Val::NIL, |loaders| loaders.get_int(i));
        if loader.is_nil() {
            break;
        }
        cx.push(loader);
        cx.push(cx.arg(0));
        cx.call(1, Some(1))?;
        let found = cx.slot(at + 1);
        if found.as_func().is_some() {
            return Ok(());
        }
        if let Some(text) = found.as_str() {
            missing.extend_from_slice(text.bytes());
        } else if found.as_num().is_some() {
            cx.push_tostring(at + 1)?;
            missing.extend_from_slice(cx.slot(at + 2).as_str().map_or(b"", Str::bytes));
            cx.pop(1);
        }
        cx.pop(1);
    }
    let name = c_bytes(cx.check_str(0)?.bytes());
    Err(cx.error_bytes(&[b"module '", name, b"' not found:", &missing].concat()))
}

fn require(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.check_str(0)?;
    cx.reserve(16)?;
    push_loaded(cx)?;
    let known = cx.slot(cx.height() - 1);
    if known.raw_eq(loading()) {
        let name = c_bytes(cx.check_str(0)?.bytes());
        return Err(cx.error_bytes(&[b"loop or previous error loading module '", name, b"'"].concat()));
    }
    if known.is_true() {
        return cx.ret_last(1);
    }
    find_loader(cx)?;
    store_loaded(cx, loading())?;
    cx.push(cx.arg(0));
    cx.call(1, Some(1))?;
    let result = cx.slot(cx.height() - 1);
    if !result.is_nil() {
        store_loaded(cx, result)?;
    }
    push_loaded(cx)?;
    if cx.slot(cx.height() - 1).raw_eq(loading()) {
        store_loaded(cx, Val::TRUE)?;
        return cx.ret(Val::TRUE);
    }
    cx.ret_last(1)
}

// ---- module ----

/// Returns the global table called `a.b.c`, made as far as it is missing; `None` if something else has that name.
fn global_table<'v>(vm: &'v Vm, name: &[u8]) -> Result<Option<Tab<'v>>, Raise> {
    let mut t = vm.globals();
    for part in name.split(|&c| c == b'.') {
        let key = vm.str(part)?;
        let v = t.get_str(key);
        if v.is_nil() {
            let inner = vm.new_table(0, 1)?;
            t.set_str(vm, key, inner.val())?;
            t = inner;
        } else if let Some(inner) = v.as_tab() {
            t = inner;
        } else {
            return Ok(None);
        }
    }
    Ok(Some(t))
}

/// Returns the table of a module that calls itself `name`, with its standard fields.
fn module_table<'v>(vm: &'v Vm, name: Str<'v>) -> Result<Option<Tab<'v>>, Raise> {
    let loaded = registry_table(vm, "_LOADED")?;
    let t = match loaded.get_str(name).as_tab() {
        Some(t) => t,
        None => {
            let Some(t) = global_table(vm, c_bytes(name.bytes()))? else { return Ok(None) };
            loaded.set_str(vm, name, t.val())?;
            t
        }
    };
    if t.get_name(vm, "_NAME")?.is_nil() {
        t.set_name(vm, "_M", t.val())?;
        t.set_name(vm, "_NAME", name.val())?;
        let package = name.bytes().iter().rposition(|&c| c == b'.').map_or(0, |dot| dot + 1);
        t.set_name(vm, "_PACKAGE", vm.str(&name.bytes()[..package])?.val())?;
    }
    Ok(Some(t))
}

fn module(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let name = cx.check_str(0)?;
    let Some(t) = module_table(cx.vm(), name)? else {
        return Err(cx.error_bytes(&[b"name conflict for module '", c_bytes(name.bytes()), b"'"].concat()));
    };
    let caller = debug::frame(cx.vm(), debug::current_thread(cx.vm()), 1).map(|f| f.func);
    match caller {
        Some(f) if f.is_lua() => f.set_env(cx.vm(), t),
        _ => return Err(cx.error("'module' not called from a Lua function")),
    }
    let at = cx.height();
    cx.push(t.val());
    for i in 1..cx.nargs() {
        cx.push(cx.arg(i));
        cx.push(cx.slot(at));
        cx.call(1, Some(0))?;
    }
    cx.ret0()
}

fn seeall(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let vm = cx.vm();
    let t = cx.check_tab(0)?;
    let meta = match t.metatable() {
        Some(meta) => meta,
        None => {
            let meta = vm.new_table(0, 1)?;
            t.set_metatable(vm, Some(meta));
            meta
        }
    };
    meta.set_name(vm, "__index", vm.globals().val())?;
    cx.ret0()
}

/// Returns the path that an environment variable sets, where `;;` stands for the default.
fn path_from(variable: Option<Vec<u8>>, default: &[u8]) -> Vec<u8> {
    match variable {
        None => default.to_vec(),
        Some(path) => replace(&replace(&path, b";;", b";\x01;"), b"\x01", default),
    }
}

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let vm = &*vm;
    let package = register::new_library(vm, "package", 16)?;
    let no_env = vm.registry().get_name(vm, "LUA_NOENV")?.is_true();
    let variable = |name| if no_env { None } else { std::env::var_os(name).map(OsStringExt::into_vec) };
    package.set_name(vm, "path", vm.str(&path_from(variable("LUA_PATH"), LUA_PATH.as_bytes()))?.val())?;
    package.set_name(vm, "cpath", vm.str(&path_from(variable("LUA_CPATH"), CPATH))?.val())?;
    package.set_name(vm, "config", vm.str(b"/\n;\n?\n!\n-\n")?.val())?;
    package.set_name(vm, "loaded", registry_table(vm, "_LOADED")?.val())?;
    package.set_name(vm, "preload", registry_table(vm, "_PRELOAD")?.val())?;
    let shared = [package.val()];
    let loaders = vm.new_table(5, 0)?;
    let names = ["loader_preload", "loader_lua", "loader_c", "loader_croot"];
    for (i, name) in (1..).zip(names) {
        loaders.set_int(vm, i, function_with(vm, ROWS, name, &shared)?.val())?;
    }
    package.set_name(vm, "loaders", loaders.val())?;
    fill_with(vm, package, ROWS, "", &["require", "module", names[0], names[1], names[2], names[3]], &[])?;
    for name in ["require", "module"] {
        vm.globals().set_name(vm, name, function_with(vm, ROWS, name, &shared)?.val())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_take_the_default_between_semicolons() {
        assert_eq!(path_from(None, b"d"), b"d");
        assert_eq!(path_from(Some(b"a;;b".to_vec()), b"d"), b"a;d;b");
        assert_eq!(path_from(Some(b";;".to_vec()), b"d"), b";d;");
        assert_eq!(path_from(Some(b"a".to_vec()), b"d"), b"a");
    }

    #[test]
    fn searches_list_what_is_missing() {
        assert_eq!(
            search(b"a.b", b"/no/?.lua;;/no/?/init.lua", b".", b"/"),
            Err(b"\n\tno file '/no/a/b.lua'\n\tno file '/no/a/b/init.lua'".to_vec())
        );
        assert_eq!(search(b"null", b"/dev/?", b".", b"/"), Ok(b"/dev/null".to_vec()));
        assert_eq!(replace(b"a.b", b"", b"/"), b"a.b");
    }
}

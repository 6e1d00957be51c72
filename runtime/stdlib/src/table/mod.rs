//! The table library, with `table.new` and `table.clear` behind `require`.
//!
//! Everything is raw: no function here knows `__index` or `__newindex`, as in LuaJIT.

mod list;
mod sort;

pub use list::{concat, foreach, foreachi, getn, insert, maxn, move_, remove};
pub use sort::sort;

use crate::register;
use heap::{Raise, Vm};
use interp::{Cx, Ret};

register::library!(table);

/// Largest array part, in slots.
const MAX_ARRAY: i32 = (1 << 27) + 1;
/// Largest hash part, in entries.
const MAX_HASH: i32 = 1 << 26;

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let tab = register::new_library(vm, "table", 16)?;
    register::fill(vm, tab, ROWS, "", &["new", "clear", "open_new", "open_clear"])?;
    let preload = register::registry_table(vm, "_PRELOAD")?;
    for (module, loader) in [("table.new", "open_new"), ("table.clear", "open_clear")] {
        let loader = register::function(vm, ROWS, loader, 1)?;
        loader.set_upvalue(vm, 0, tab.val());
        preload.set_name(vm, module, loader.val())?;
    }
    Ok(())
}

/// Creates a function, stores it in the library too, and returns it.
fn load(cx: &Cx<'_>, key: &str) -> Result<Ret, Raise> {
    let f = register::function(cx.vm(), ROWS, key, 0)?;
    if let Some(tab) = cx.upvalue(0).as_tab() {
        tab.set_name(cx.vm(), key, f.val())?;
    }
    cx.ret(f.val())
}

/// Loads `table.new`.
pub fn open_new(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    load(cx, "new")
}

/// Loads `table.clear`.
pub fn open_clear(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    load(cx, "clear")
}

/// `table.new(narray, nhash)`
pub fn new(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let narray = cx.check_int(0)?;
    let nhash = cx.check_int(1)?;
    let narray = if narray > 0 { narray.saturating_add(1) } else { 0 };
    if narray > MAX_ARRAY || !(0..=MAX_HASH).contains(&nhash) {
        return Err(crate::string::bare_error(cx.vm(), "table overflow"));
    }
    cx.ret(cx.vm().new_table(narray as u32, nhash as u32)?.val())
}

/// `table.clear(t)`
pub fn clear(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.check_tab(0)?.clear();
    cx.ret0()
}

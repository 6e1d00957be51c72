//! The string library: `string`, the methods of strings, and the loader of `string.buffer`.
//!
//! Results are built in a reused buffer and interned once. What scans and formats has no machine in it: `pattern` and `directive`.

mod convert;
pub mod directive;
pub mod format;
pub mod pattern;
mod search;

pub use convert::{byte, char, dump, len, lower, rep, reverse, sub, upper};
pub use format::format;
pub use search::{find, gmatch, gmatch_aux, gsub, match_};

use crate::register;
use heap::{Raise, Vm};
use interp::{Cx, Ret};

pub use heap::strtab::MAX_LEN;

register::library!(string);

/// Opens the library.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let tab = register::new_library(vm, "string", 16)?;
    register::fill(vm, tab, ROWS, "", &["gmatch", "gmatch_aux", "open_buffer"])?;
    let gmatch = register::function(vm, ROWS, "gmatch", 1)?;
    gmatch.set_upvalue(vm, 0, register::function(vm, ROWS, "gmatch_aux", 3)?.val());
    tab.set_name(vm, "gmatch", gmatch.val())?;
    let loader = register::function(vm, ROWS, "open_buffer", 0)?;
    register::registry_table(vm, "_PRELOAD")?.set_name(vm, "string.buffer", loader.val())?;
    let meta = vm.new_table(0, 1)?;
    meta.set_name(vm, "__index", tab.val())?;
    let (of_strings, meta) = (vm.str(b"")?.val().raw().type_index(), meta.raw());
    vm.set_base_metatable(of_strings, Some(meta));
    Ok(())
}

/// Loads `string.buffer`.
pub fn open_buffer(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    crate::buffer::load(cx)
}

/// Raises a message as it is, without a position.
#[cold]
pub fn bare_error(vm: &Vm, message: &str) -> Raise {
    match vm.str(message.as_bytes()) {
        Ok(text) => vm.raise_val(text.val()),
        Err(raise) => raise,
    }
}

/// Makes room for `len` bytes in all, or raises "not enough memory".
pub fn reserve(vm: &Vm, out: &mut Vec<u8>, len: usize) -> Result<(), Raise> {
    if !interp::text::has_room(vm, out, len) {
        return Err(bare_error(vm, "not enough memory"));
    }
    Ok(())
}

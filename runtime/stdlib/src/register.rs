//! From the table of builtins to functions in tables.
//!
//! `library!(name)` inside a library's module expands that library's group of `abi::for_each_builtin!` to the constant `ROWS`. A row names
//! a function of the module, so a row without implementation does not compile; [`fill`] makes the functions.
//!
//! A row's key may have a section: `file:close` is `close` of section `file:`. Rows whose key is in no section belong to section `""`.

use heap::{Func, Raise, Tab, Val, Vm};
use interp::BuiltinFn;

/// One builtin of a library.
pub struct Row {
    /// The number of `library.function` in `abi::builtins::NAMES`.
    pub number: u32,
    /// The name without the library.
    pub key: &'static str,
    /// The implementation.
    pub call: BuiltinFn,
}

/// Expands the group of library `$lib` to `const ROWS: &[Row]` in the calling module.
macro_rules! library {
    ($lib:ident) => { $crate::register::library!(@define $lib $); };
    (@define $lib:ident $d:tt) => {
        macro_rules! pick_rows {
            ($d($d kind:ident $d group:ident $d prefix:literal { $d($d f:ident $d name:literal,)* })*) => {
                $d( pick_rows!(@ $d group $d prefix { $d($d f $d name,)* }); )*
            };
            (@ $lib $d prefix:literal { $d($d f:ident $d name:literal,)* }) => {
                /// The library's builtins.
                const ROWS: &[$crate::register::Row] = &[
                    $d($crate::register::Row { number: abi::builtins::number(concat!($d prefix, $d name)), key: $d name, call: $d f },)*
                ];
            };
            (@ $d other:ident $d prefix:literal { $d($d f:ident $d name:literal,)* }) => {};
        }
        abi::for_each_builtin!(pick_rows);
    };
}
pub(crate) use library;

/// Makes the functions of `section` and stores them in `tab`, except those whose key is in `hidden`.
pub fn fill(vm: &Vm, tab: Tab<'_>, rows: &[Row], section: &str, hidden: &[&str]) -> Result<(), Raise> {
    fill_with(vm, tab, rows, section, hidden, &[])
}

/// Does the same for functions that all get `upvalues`.
pub fn fill_with(
    vm: &Vm,
    tab: Tab<'_>,
    rows: &[Row],
    section: &str,
    hidden: &[&str],
    upvalues: &[Val<'_>],
) -> Result<(), Raise> {
    for row in rows {
        let Some(key) = row.key.strip_prefix(section) else { continue };
        if key.contains([':', '.']) || hidden.contains(&key) {
            continue;
        }
        let f = interp::load::new_builtin(vm, row.number, row.call, upvalues.len() as u8)?;
        set_upvalues(vm, f, upvalues);
        tab.set_name(vm, key, f.val())?;
    }
    Ok(())
}

fn set_upvalues(vm: &Vm, f: Func<'_>, upvalues: &[Val<'_>]) {
    for (i, v) in (0..).zip(upvalues) {
        f.set_upvalue(vm, i, *v);
    }
}

/// Makes the function whose row has `key`, which must be in the table, with `nup` nil upvalues.
pub fn function<'v>(vm: &'v Vm, rows: &[Row], key: &str, nup: u8) -> Result<Func<'v>, Raise> {
    match rows.iter().find(|row| row.key == key) {
        Some(row) => interp::load::new_builtin(vm, row.number, row.call, nup),
        None => unreachable!("no builtin {key}"),
    }
}

/// Makes the function whose row has `key`, which must be in the table, with these upvalues.
pub fn function_with<'v>(vm: &'v Vm, rows: &[Row], key: &str, upvalues: &[Val<'_>]) -> Result<Func<'v>, Raise> {
    let f = function(vm, rows, key, upvalues.len() as u8)?;
    set_upvalues(vm, f, upvalues);
    Ok(f)
}

/// Returns the table `name` in the registry, made on first use (`_LOADED`, `_PRELOAD`).
pub fn registry_table<'v>(vm: &'v Vm, name: &str) -> Result<Tab<'v>, Raise> {
    let registry = vm.registry();
    if let Some(t) = registry.get_name(vm, name)?.as_tab() {
        return Ok(t);
    }
    let t = vm.new_table(0, 16)?;
    registry.set_name(vm, name, t.val())?;
    Ok(t)
}

/// Creates the table of library `name`: a global, and loaded as far as `require` is concerned.
pub fn new_library<'v>(vm: &'v Vm, name: &str, nfields: u32) -> Result<Tab<'v>, Raise> {
    let t = vm.new_table(0, nfields)?;
    vm.globals().set_name(vm, name, t.val())?;
    set_loaded(vm, name, t)?;
    Ok(t)
}

/// Stores `package.loaded[name]`.
pub fn set_loaded(vm: &Vm, name: &str, t: Tab<'_>) -> Result<(), Raise> {
    registry_table(vm, "_LOADED")?.set_name(vm, name, t.val())
}

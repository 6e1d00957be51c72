//! The library functions.
//!
//! Each library is a module with `open`, which creates its tables; `register` turns rows of the builtin table into functions.
//!
//! Invariant: `unsafe` is in `sys` only, which wraps calls of the C library.
#![deny(unsafe_code)]

pub mod bit;
pub mod buffer;
mod failure;
pub mod io;
mod luaside;
pub mod math;
#[cfg(test)]
mod oracle;
pub mod register;
mod scratch;
pub mod string;
mod sys;
pub mod table;

use heap::{Raise, Vm};

/// Opens all libraries.
pub fn open_libs(vm: &mut Vm) -> Result<(), Raise> {
    let _ = register::registry_table(vm, "_LOADED")?;
    string::open(vm)?;
    table::open(vm)?;
    math::open(vm)?;
    bit::open(vm)
}

//! The library functions.
//!
//! Each library is a module with `open`, which creates its tables; `register` turns rows of the builtin table into functions.
//!
//! Invariant: `unsafe` is in `sys` only, which wraps calls of the C library.
#![deny(unsafe_code)]

mod failure;
pub mod io;
pub mod register;
mod sys;

use heap::{Raise, Vm};

/// Opens all libraries.
pub fn open_libs(vm: &mut Vm) -> Result<(), Raise> {
    let _ = register::registry_table(vm, "_LOADED")?;
    Ok(())
}

#[cfg(test)]
mod oracle;
pub mod scratch;
pub mod string;

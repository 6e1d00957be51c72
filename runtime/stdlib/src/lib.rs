//! The library functions.
//!
//! Each library is a module with `open`, which creates its tables; `register` turns rows of the builtin table into functions.
//!
//! Invariant: `unsafe` is in `sys` only, which wraps calls of the C library.
#![deny(unsafe_code)]

pub mod base;
pub mod bit;
pub mod buffer;
pub mod debug;
pub mod io;
pub mod jit;
pub mod load;
mod luaside;
pub mod math;
#[cfg(test)]
mod oracle;
pub mod os;
pub mod package;
pub mod register;
mod scratch;
pub mod string;
mod sys;
mod system;
pub mod table;

pub use sys::clock;

use heap::{Raise, Vm};

/// What is done when the program ends by `os.exit`: host state that the runtime fills (profiles are written, …).
#[derive(Default)]
pub struct AtExit {
    /// Called in order; all output is flushed afterwards.
    pub actions: Vec<fn(&mut Vm)>,
}

/// Opens all libraries.
pub fn open_libs(vm: &mut Vm) -> Result<(), Raise> {
    register::registry_table(vm, "_LOADED")?;
    base::open(vm)?;
    interp::control::open(vm)?;
    package::open(vm)?;
    table::open(vm)?;
    io::open(vm)?;
    os::open(vm)?;
    string::open(vm)?;
    math::open(vm)?;
    debug::open(vm)?;
    bit::open(vm)?;
    jit::open(vm)
}

/// Ends the process as `os.exit` does: with `close`, finalisers run first. Open files are flushed.
pub fn exit_process(vm: &mut Vm, code: i32, close: bool) -> ! {
    for action in std::mem::take(&mut vm.host::<AtExit>().actions) {
        action(vm);
    }
    if close {
        interp::close(vm);
    }
    io::flush_all(vm);
    std::process::exit(code)
}

//! The program `kiln`.
//!
//! It has a C `main`, not Rust's, as a native executable has: Rust's start-up code reads the process's memory map, which costs
//! a tenth of a start, opens closed standard streams, which scripts must see closed, and ignores closed pipes, which must end
//! the process as they end every C program.
#![cfg_attr(not(test), no_main)]

mod cli;

use std::ffi::{c_char, c_int};

/// Runs the program. The arguments are also where the standard library finds them.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    c_int::from(cli::main())
}

//! The facade: wires interpreter and libraries to a machine that runs programs, and starts native executables.
//!
//! `machine` opens a machine and ends the process with it, `chunk` loads source and bytecode, `program` calls what was loaded and reports its
//! errors as LuaJIT's standalone program does, `signal` turns Ctrl-C into a Lua error, `rt_main` is where a native
//! executable starts. `options` reads options, `compiler` does what some of them say to the compiler. The rest of the command line is not here but in the binary, so that executables do not carry it.
#![deny(unsafe_code)]

pub mod chunk;
pub mod compiler;
pub mod machine;
pub mod options;
pub mod program;
#[allow(unsafe_code)]
mod rt_main;
#[allow(unsafe_code)]
mod signal;
#[allow(unsafe_code)]
pub mod trace;

pub use rt_main::rt_main;
pub use signal::limit_time;

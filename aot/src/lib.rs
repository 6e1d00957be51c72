//! From a Lua program to a native executable: finds its modules, compiles them, makes one object of them, links it with the runtime.
//!
//! ```text
//! script ─► scan, find ─► plan ─► manifest + payload ─► ll ─► link ─► executable ─► inspect
//! ```
//!
//! Invariant: only `ll` knows LLVM; only `inspect` and tests read executables.
//! Invariant: equal inputs and options give equal bytes: nothing depends on time, addresses or the order of a directory.
//! Invariant: errors are one line that says what to install, pass or repair (a linker's own output may follow it).
#![deny(unsafe_code)]

pub mod archive;
pub mod build;
pub mod cache;
pub mod cli;
pub mod compile;
pub mod content;
pub mod cpu;
pub mod find;
pub mod group;
pub mod inspect;
pub mod interrupt;
pub mod lines;
pub mod link;
pub mod ll;
pub mod lower;
pub mod manifest;
pub mod objfile;
pub mod output;
pub mod plan;
pub mod prelude;
pub mod rebuild;
pub mod scan;
pub mod select;
pub mod target;
pub mod traces;
pub mod train;

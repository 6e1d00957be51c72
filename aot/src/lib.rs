//! From a Lua program to a native executable: finds its modules, compiles them, makes one object of them, links it with the runtime.
//!
//! ```text
//! modules ─► scan, find ─► plan ─► manifest + payload ─► ll ─► link ─► executable ─► inspect
//! ```
//!
//! Invariant: only `ll` knows LLVM; only `inspect` and tests read executables.
//! Invariant: equal inputs and options give equal bytes: nothing depends on time, addresses, environment order or directory order.
#![deny(unsafe_code)]

pub mod ll;
pub mod target;

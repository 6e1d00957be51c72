//! The live trace compiler: hot counters, recorder, register allocator, backends.
//!
//! The place of the trace compiler in the workspace; the compiler itself is not built yet.
#![deny(unsafe_code)]

//! Passes over the trace IR.
//!
//! The place of the trace compiler in the workspace; the compiler itself is not built yet.
#![forbid(unsafe_code)]

//! Trace IR: the instruction table, traces as values, text, verifier and reference evaluator.
//!
//! The place of the trace compiler in the workspace; the compiler itself is not built yet.
#![forbid(unsafe_code)]

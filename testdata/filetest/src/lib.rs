//! The test harness.
#![forbid(unsafe_code)]

pub mod bytecode_fuzz;
pub mod corpus;

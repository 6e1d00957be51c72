//! The test harness.
#![forbid(unsafe_code)]

pub mod corpus;

//! The test harness: runs the files under `testdata` and compares what they print.
//!
//! A test program carries its expectation as comments at its end (see [`case`]), is run in every row of the mode table
//! ([`mode`]), and is compared with the expectation and, where stock `luajit` is installed, with a live run of that.
//! Command lines are tested by transcripts ([`transcript`]). [`randprog`] and [`randhot`] write random programs,
//! [`shrink`] reduces one that fails.
//!
//! Environment: `KILN_BIN` (interpreter under test; default the `kiln` built beside the test), `LUAC_BIN`,
//! `RUNNER` and `TARGET` (if `KILN_BIN` is for another processor: the program and arguments that run it under the name `kiln`, as
//! `qemu-aarch64 -0 kiln`, and its name for `kiln build`; profiles are then written by the `kiln` beside the test),
//! `FILTER=substring`, `MODE=name`, `BLESS=1` (rewrites expectations), `RANDPROG_SECONDS`, `RANDPROG_SEED`,
//! `RANDPROG_DIR`, `INJECT=full`.
//!
//! Invariant: of what it tests the harness links tables of names alone; programs are only ever started as processes.
#![forbid(unsafe_code)]

pub mod bytecode_fuzz;
pub mod bytecode_gen;
pub mod case;
pub mod corpus;
pub mod diff;
pub mod mode;
pub mod process;
pub mod randhot;
mod random;
pub mod randprog;
pub mod shrink;
pub mod source_fuzz;
pub mod subject;
pub mod suite;
pub mod transcript;

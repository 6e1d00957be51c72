//! Tests of `kiln-aot` as a program.

mod build;
mod native;
mod sandbox;
mod targets;
mod traces;

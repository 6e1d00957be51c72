//! Tests of `kiln-aot` as a program.

mod build;
mod native;
mod peers;
mod sandbox;
mod traces;

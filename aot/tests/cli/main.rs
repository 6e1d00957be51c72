//! Tests of `kiln-aot` as a program.

mod build;
mod native;
mod profiles;
mod sandbox;
mod traces;

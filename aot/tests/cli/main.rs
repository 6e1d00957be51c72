//! Tests of `kiln-aot` as a program.

mod build;
mod driver;
mod loaded;
mod native;
mod peers;
mod profiles;
mod sandbox;
mod targets;
mod traces;
mod versions;

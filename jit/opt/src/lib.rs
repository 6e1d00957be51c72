//! The optimiser: passes over traces.
//!
//! While a trace is recorded every instruction goes through [`Builder::emit`]: folded, merged with an equal one, forwarded from an
//! earlier store. [`optimise`] runs the passes that need the whole trace. Which run is said by [`Passes`]; the table [`PASSES`] has them all.
#![forbid(unsafe_code)]

mod abc;
mod builder;
mod cse;
mod dce;
mod dse;
mod fold;
mod loops;
mod mem;
pub mod narrow;
mod passes;
mod replay;
mod sink;

pub use builder::{Builder, Limits};
pub use fold::rule_names;
pub use loops::peel;
pub use mem::was_non_nil;
pub use passes::{PASSES, Pass, Passes, optimise, run};
pub use replay::{replay, replay_into};

//! The intermediate representation of traces: THE IR table, a trace as a value, its text, verifier and reference evaluator.
//!
//! A trace is linear, typed, in SSA form, with LuaJIT's vocabulary. The crate knows no heap and no machine: whatever can be in the IR
//! can be printed and read back.
#![forbid(unsafe_code)]

mod closure;
pub mod eval;
pub mod exitmap;
pub mod exits;
mod field;
pub mod inline;
mod konst;
mod lit;
mod op;
pub mod profile;
mod random;
mod source;
pub mod sunk;
mod text;
mod trace;
pub mod tree;
mod ty;
mod verify;

pub use closure::{Capture, Closure, Variable};
pub use field::{Conv, Field, FpMath, sload};
pub use konst::{Const, ProtoKey, Shape};
pub use lit::LitKind;
pub use op::{Kind, Mode, Op};
pub use random::{Options, random};
pub use source::{Source, rounds};
pub use text::ParseError;
pub use trace::{Ins, Link, Ref, Slot, Snap, Start, Trace, flag};
pub use ty::Ty;
pub use verify::verify;

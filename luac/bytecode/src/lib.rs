//! LuaJIT 2.1's bytecode: the opcode table, prototypes as plain data, dumps, listings and the verifier.
//!
//! `op` is the one table of instructions; `ins` encodes one; `proto` is a function as a value.
//! The crate knows no source text, no heap and no machine.
#![forbid(unsafe_code)]

pub mod ins;
pub mod op;
pub mod proto;

pub use ins::Ins;
pub use op::{Meta, Mode, Modes, Op};
pub use proto::{Chunk, GcConst, Proto};

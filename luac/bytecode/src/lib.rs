//! LuaJIT 2.1's bytecode: the opcode table, prototypes as plain data, dumps, listings and the verifier.
//!
//! `op` is the one table of instructions; `ins` encodes one; `proto` is a function as a value.
//! The crate knows no source text, no heap and no machine.
#![forbid(unsafe_code)]

pub mod chunkname;
pub mod ins;
pub mod numeral;
pub mod op;
pub mod proto;

pub use chunkname::chunk_id;
pub use ins::Ins;
pub use numeral::parse_number;
pub use op::{Meta, Mode, Modes, Op};
pub use proto::{Chunk, GcConst, Proto};

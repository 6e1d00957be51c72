//! LuaJIT 2.1's bytecode: the opcode table, prototypes as plain data, dumps, listings and the verifier.
//!
//! `op` is the one table of instructions; `ins` encodes one; `proto` is a function as a value. `dump` and `undump` are LuaJIT's file
//! format, `verify` decides what may be run, `sound` is the proof of it, `listing` prints. Loading foreign bytecode is [`load`]: undump, then
//! verify.
//! The crate knows no source text, no heap and no machine.
#![forbid(unsafe_code)]

pub mod bad;
pub mod chunkname;
pub mod dump;
mod format;
pub mod ins;
pub mod listing;
pub mod numeral;
pub mod op;
pub mod proto;
pub mod sound;
pub mod undump;
pub mod verify;

pub use bad::{BadBytecode, Place};
pub use chunkname::chunk_id;
pub use dump::{DumpOptions, dump, dump_function};
pub use ins::Ins;
pub use numeral::parse_number;
pub use op::{Meta, Mode, Modes, Op};
pub use proto::{Chunk, GcConst, Proto};
pub use sound::Sound;
pub use undump::{is_bytecode, undump};
pub use verify::{verify, verify_function};

/// Reads a dump and verifies it.
pub fn load(bytes: &[u8], default_chunk_name: &[u8]) -> Result<Sound, BadBytecode> {
    Sound::verified(undump(bytes, default_chunk_name)?)
}

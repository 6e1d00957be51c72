//! Why bytecode was refused.
//!
//! One message form for every finding: `bad bytecode: <what> at <where>`. A dump of another format version is not malformed; it has
//! LuaJIT's own message. Functions are counted as a dump stores them and a listing prints them: children first, from 1.

use std::borrow::Cow;
use std::fmt;

/// Where in the input a finding was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Byte offset in the dump.
    Offset(usize),
    /// The function as a whole.
    Function(u32),
    /// Instruction of a function, as the listing numbers it.
    Ins(u32, u32),
}

/// Why bytecode cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadBytecode {
    /// Not a dump, or one of another version or platform.
    Incompatible,
    /// Violates the format or an invariant of the verifier.
    Malformed {
        /// The finding.
        what: Cow<'static, str>,
        /// Its place.
        place: Place,
    },
}

impl BadBytecode {
    /// Makes a finding.
    pub fn new(what: impl Into<Cow<'static, str>>, place: Place) -> BadBytecode {
        BadBytecode::Malformed { what: what.into(), place }
    }

    /// Returns the message with the chunk name in front, as `load` reports it: the name's bytes as they are.
    pub fn message_bytes(&self, chunk_name: &[u8]) -> Vec<u8> {
        let name = match chunk_name {
            [0x1b, ..] => b"(binary)",
            [b'@' | b'=', rest @ ..] => rest,
            name => name,
        };
        [name, b": ", self.to_string().as_bytes()].concat()
    }

    /// Returns the same as text: what is not UTF-8 in the name is replaced.
    pub fn message(&self, chunk_name: &[u8]) -> String {
        String::from_utf8_lossy(&self.message_bytes(chunk_name)).into_owned()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Offset(n) => write!(f, "byte {n}"),
            Place::Function(n) => write!(f, "function {n}"),
            Place::Ins(n, pc) => write!(f, "function {n}, instruction {pc:04}"),
        }
    }
}

impl fmt::Display for BadBytecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadBytecode::Incompatible => f.write_str("cannot load incompatible bytecode"),
            BadBytecode::Malformed { what, place } => write!(f, "bad bytecode: {what} at {place}"),
        }
    }
}

impl std::error::Error for BadBytecode {}

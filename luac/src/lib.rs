//! The Lua front end: source text to LuaJIT 2.1's bytecode, bit for bit what LuaJIT emits.
//!
//! One pass without a syntax tree: the parser (`parse`, `stmt`) asks the lexer (`lex`) for tokens and hands descriptors of
//! expressions (`expr`, `ops`) around, whose code is emitted (`func`) when their value is needed; `scope` knows variables,
//! gotos and labels; `finish` makes the prototype.
//!
//! Invariant: whatever bytes are compiled, the result is a chunk or an error; nesting is limited, so that the native stack
//! suffices.
//! Absent: cdata literals (`1LL`), which need the FFI.
#![forbid(unsafe_code)]

pub mod cli;
mod consts;
mod error;
mod expr;
mod finish;
mod func;
mod intern;
mod lex;
mod ops;
mod parse;
mod scope;
mod stmt;
mod template;
mod token;

pub use bytecode;
use bytecode::{Chunk, Sound};
pub use error::SyntaxError;
use std::cell::Cell;

/// The buffers that a source of at most so many bytes used are used again.
const MAX_KEPT: usize = 1 << 16;

thread_local! {
    /// Buffers of the thread's last compilation: programs that load many small chunks do not allocate and fill them each time.
    static KEPT: Cell<Option<func::Kept>> = const { Cell::new(None) };
}

/// How to compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Leave out lines and names.
    pub strip: bool,
}

/// Compiles source text. `chunk_name` has Lua's form: `@file`, `=name` or the source text itself.
///
/// A byte order mark and a first line that starts with `#` are skipped. Fails with LuaJIT's message.
pub fn compile(source: &[u8], chunk_name: &[u8], options: &Options) -> Result<Sound, SyntaxError> {
    let name = chunk_name.split(|&b| b == 0).next().unwrap_or(&[]);
    let kept = KEPT.take().unwrap_or_else(func::Kept::new);
    let mut parser = func::Parser::new(source, name, options.strip, kept);
    let main = parser.main();
    let kept = parser.into_kept();
    if source.len() <= MAX_KEPT {
        KEPT.set(Some(kept));
    }
    Ok(Sound::compiled(Chunk { name: name.to_vec(), main: main? }))
}

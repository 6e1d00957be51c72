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
use bytecode::Chunk;
pub use error::SyntaxError;

/// How to compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Leave out lines and names.
    pub strip: bool,
}

/// Compiles source text. `chunk_name` has Lua's form: `@file`, `=name` or the source text itself.
///
/// A byte order mark and a first line that starts with `#` are skipped. Fails with LuaJIT's message.
pub fn compile(source: &[u8], chunk_name: &[u8], options: &Options) -> Result<Chunk, SyntaxError> {
    let name = chunk_name.split(|&b| b == 0).next().unwrap_or(&[]);
    let lexer = lex::Lexer::new(source, name)?;
    let main = func::Parser::new(lexer, options.strip).main()?;
    Ok(Chunk { name: name.to_vec(), main })
}

//! Syntax errors, worded as LuaJIT words them.
//!
//! `message` is the table of wordings; those with arguments are functions.

use std::fmt;

/// Why a chunk does not compile.
#[derive(Clone, PartialEq, Eq)]
pub struct SyntaxError(Box<Detail>);

#[derive(Clone, PartialEq, Eq)]
struct Detail {
    message: Vec<u8>,
    line: u32,
    /// Where the scanner stood.
    position: usize,
}

/// What the functions of the compiler return.
pub(crate) type Res<T> = Result<T, SyntaxError>;

impl SyntaxError {
    pub(crate) fn new(message: Vec<u8>, line: u32, position: usize) -> SyntaxError {
        SyntaxError(Box::new(Detail { message, line, position }))
    }

    /// Returns the whole message, `chunk:line: text near 'token'`; it quotes the source and need not be UTF-8.
    pub fn message(&self) -> &[u8] {
        &self.0.message
    }

    /// Returns the line; 0 if the error has none.
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// Returns how many bytes of the text were read: with all of them, more text might make another error or none.
    pub fn position(&self) -> usize {
        self.0.position
    }

    /// Says whether the error is at the end of the text, so that more lines might complete the chunk.
    pub fn is_incomplete(&self) -> bool {
        self.0.message.ends_with(b"'<eof>'")
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0.message))
    }
}

impl fmt::Debug for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SyntaxError({self})")
    }
}

impl std::error::Error for SyntaxError {}

/// The wordings.
pub(crate) mod message {
    pub(crate) const LINES: &str = "chunk has too many lines";
    pub(crate) const LEVELS: &str = "chunk has too many syntax levels";
    pub(crate) const NUMBER: &str = "malformed number";
    pub(crate) const LONG_STRING: &str = "unfinished long string";
    pub(crate) const LONG_COMMENT: &str = "unfinished long comment";
    pub(crate) const STRING: &str = "unfinished string";
    pub(crate) const ESCAPE: &str = "invalid escape sequence";
    pub(crate) const LONG_DELIMITER: &str = "invalid long string delimiter";
    pub(crate) const JUMP: &str = "control structure too long";
    pub(crate) const SLOTS: &str = "function or expression too complex";
    pub(crate) const FIXUP: &str = "function too long for return fixup";
    pub(crate) const PARAM: &str = "<name> or '...' expected";
    pub(crate) const AMBIGUOUS: &str = "ambiguous syntax (function call x new statement)";
    pub(crate) const ARGUMENTS: &str = "function arguments expected";
    pub(crate) const SYMBOL: &str = "unexpected symbol";
    pub(crate) const DOTS: &str = "cannot use '...' outside a vararg function";
    pub(crate) const SYNTAX: &str = "syntax error";
    pub(crate) const FOR: &str = "'=' or 'in' expected";
    pub(crate) const BREAK: &str = "no loop to break";
    pub(crate) const MEMORY: &str = "not enough memory";
    pub(crate) const BYTECODE: &str = "cannot load malformed bytecode";

    pub(crate) fn expected(token: &str) -> String {
        format!("'{token}' expected")
    }

    pub(crate) fn unmatched(what: &str, who: &str, line: u32) -> String {
        format!("'{what}' expected (to close '{who}' at line {line})")
    }

    pub(crate) fn chunk_limit(limit: usize) -> String {
        format!("chunk has more than {limit} local variables")
    }

    /// `line` is that of the function's definition, 0 for the main function.
    pub(crate) fn function_limit(line: u32, limit: usize, what: &str) -> String {
        match line {
            0 => format!("main function has more than {limit} {what}"),
            _ => format!("function at line {line} has more than {limit} {what}"),
        }
    }

    pub(crate) fn undefined_label(name: &[u8]) -> Vec<u8> {
        [b"undefined label '", name, b"'"].concat()
    }

    pub(crate) fn duplicate_label(name: &[u8]) -> Vec<u8> {
        [b"duplicate label '", name, b"'"].concat()
    }

    pub(crate) fn goto_scope(label: &[u8], local: &[u8]) -> Vec<u8> {
        [b"<goto ", label, b"> jumps into the scope of local '", local, b"'"].concat()
    }
}

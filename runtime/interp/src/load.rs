//! From a compiled chunk to a function, and from a Rust function to a builtin, without `unsafe` for the caller.

use crate::cx::BuiltinFn;
use heap::{Func, Raise, Tab, Vm};

/// Verifies a chunk and makes a function of it, with `env` as its environment.
/// The caller raises what `Err(Ok(message))` says; `Err(Err(raise))` is out of memory.
pub fn load_chunk<'v>(vm: &'v Vm, chunk: &bytecode::Chunk, env: Tab<'v>) -> Result<Func<'v>, LoadError> {
    let _ = (vm, chunk, env);
    unimplemented!()
}

/// Why a chunk was not loaded.
pub enum LoadError {
    /// It is malformed: the message.
    Bad(String),
    /// An error was raised.
    Raised(Raise),
}

/// Makes a builtin. `name` is its row of `abi::builtins` (`library.function`): the number, and the fast handler if there is one, come from it.
pub fn new_builtin<'v>(vm: &'v Vm, name: &str, call: BuiltinFn, nup: u8) -> Result<Func<'v>, Raise> {
    let _ = (vm, name, call, nup);
    unimplemented!()
}

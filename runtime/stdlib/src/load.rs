//! From text or bytecode to a function: what `load`, `loadfile`, `dofile`, `require` and the command line share.
//!
//! Bytecode starts with an escape character; everything else is text. A mode restricts which of them is welcome.

use crate::io;
use crate::system::{c_bytes, errno, message};
use heap::{Func, Raise, Tab, Vm};
use interp::load::load_chunk;
use luac::bytecode::{Sound, is_bytecode};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

/// Why there is no function.
pub enum Failure {
    /// The chunk is to blame: the message.
    Message(Vec<u8>),
    /// An error was raised.
    Raised(Raise),
}

impl From<Raise> for Failure {
    fn from(raise: Raise) -> Failure {
        Failure::Raised(raise)
    }
}

impl Failure {
    /// Turns the message into an error of the program, as it is.
    pub fn raise(self, vm: &Vm) -> Raise {
        match self {
            Failure::Message(text) => match vm.str(&text) {
                Ok(s) => vm.raise_val(s.val()),
                Err(raise) => raise,
            },
            Failure::Raised(raise) => raise,
        }
    }
}

/// Compiles text, or reads and verifies bytecode, to a chunk.
fn chunk(vm: &Vm, bytes: &[u8], name: &[u8], mode: Option<&[u8]>) -> Result<Sound, Vec<u8>> {
    let binary = is_bytecode(bytes);
    if mode.is_some_and(|mode| !c_bytes(mode).contains(if binary { &b'b' } else { &b't' })) {
        return Err(b"attempt to load chunk with wrong mode".to_vec());
    }
    if binary {
        return luac::bytecode::load(bytes, name).map_err(|bad| bad.message_bytes(name));
    }
    let chunk = luac::compile(bytes, name, &luac::Options::default()).map_err(|e| e.message().to_vec())?;
    crate::jit::events::note_chunk(vm, &chunk);
    Ok(chunk)
}

/// Says whether the beginning of a chunk has a syntax error that no continuation mends.
pub fn is_hopeless(beginning: &[u8]) -> bool {
    let text = !is_bytecode(beginning);
    let result = text.then(|| luac::compile(beginning, b"", &luac::Options::default()));
    result.and_then(Result::err).is_some_and(|e| e.position() < beginning.len())
}

/// Loads text or bytecode as a function with environment `env` (the running coroutine's globals if `None`). `name` has Lua's form:
/// `@file`, `=name` or the text.
pub fn load_bytes<'v>(
    vm: &'v Vm,
    bytes: &[u8],
    name: &[u8],
    mode: Option<&[u8]>,
    env: Option<Tab<'v>>,
) -> Result<Func<'v>, Failure> {
    let name = c_bytes(name);
    let chunk = chunk(vm, bytes, name, mode).map_err(Failure::Message)?;
    Ok(load_chunk(vm, chunk, env.unwrap_or_else(|| vm.globals()))?)
}

/// Reads a file, or standard input if there is no name; returns its bytes and chunk name.
pub fn read_file(vm: &mut Vm, name: Option<&[u8]>) -> Result<(Vec<u8>, Vec<u8>), Vec<u8>> {
    let failed =
        |verb: &str, name: &[u8], code: i32| [b"cannot ", verb.as_bytes(), b" ", &message(Some(name), code)].concat();
    let mut bytes = Vec::new();
    let Some(name) = name.map(c_bytes) else {
        let stdin = io::standard(vm, 0);
        let mut stdin = stdin.borrow_mut();
        stdin.clear_eof();
        return match stdin.take(usize::MAX, &mut bytes) {
            Ok(()) => Ok((bytes, b"=stdin".to_vec())),
            Err(code) => Err(failed("read", b"stdin", code)),
        };
    };
    let mut file =
        std::fs::File::open(std::ffi::OsStr::from_bytes(name)).map_err(|e| failed("open", name, errno(&e)))?;
    file.read_to_end(&mut bytes).map_err(|e| failed("read", name, errno(&e)))?;
    Ok((bytes, [b"@", name].concat()))
}

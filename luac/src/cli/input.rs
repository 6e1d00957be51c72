//! What is compiled: a file, standard input or text from the command line; source or bytecode.

use super::{Failure, Outcome};
use crate::{Options, compile};
use bytecode::{Chunk, Sound, is_bytecode, load};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

/// One input.
pub(super) enum Input {
    File(PathBuf),
    Stdin,
    Text(Vec<u8>),
}

impl Input {
    /// Returns the input that a command line names: `-` is standard input.
    pub(super) fn named(name: OsString) -> Input {
        if name == "-" { Input::Stdin } else { Input::File(name.into()) }
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self, Input::File(path) if path.is_dir())
    }

    /// Reads and compiles; bytecode is verified instead.
    pub(super) fn load(&self, strip: bool) -> Outcome<Chunk> {
        match self {
            Input::File(path) => load_file(path, strip),
            Input::Text(text) => load_bytes(text, text, strip),
            Input::Stdin => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().lock().read_to_end(&mut bytes);
                read.map_err(|e| Failure::message(format!("cannot read stdin: {}", super::reason(&e))))?;
                load_bytes(&bytes, b"=stdin", strip)
            }
        }
    }

    /// Returns what names the module in a symbol: the file's name without its extension.
    pub(super) fn module_name(&self) -> Option<String> {
        let Input::File(path) = self else { return None };
        let name = path.file_name()?.as_encoded_bytes();
        let stem = match name.iter().rposition(|&c| c == b'.') {
            Some(dot) => &name[..dot],
            None => name,
        };
        let legal = stem.iter().take_while(|&&c| super::target::is_module_char(c)).count();
        super::target::symbol_part(&stem[..legal])
    }
}

/// Reads and compiles a file, whose name the chunk gets.
pub(super) fn load_file(path: &Path, strip: bool) -> Outcome<Chunk> {
    let read = |mut file: std::fs::File| {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map(|_| bytes)
    };
    let file = std::fs::File::open(path).map_err(|e| Failure::io("open", path, &e))?;
    let bytes = read(file).map_err(|e| Failure::io("read", path, &e))?;
    load_bytes(&bytes, &[b"@", path.as_os_str().as_encoded_bytes()].concat(), strip)
}

fn load_bytes(bytes: &[u8], name: &[u8], strip: bool) -> Outcome<Chunk> {
    if is_bytecode(bytes) {
        return load(bytes, name).map(Sound::into_chunk).map_err(|e| Failure::message(e.message(name)));
    }
    compile(bytes, name, &Options { strip }).map(Sound::into_chunk).map_err(|e| Failure::message(e.to_string()))
}

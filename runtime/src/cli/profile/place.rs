//! Places of a profile as reports name them, with their lines of source.

use ir::profile::Profile;
use ir::tree::RootKey;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Returns the file that a chunk came from.
pub fn file_of(chunk: &[u8]) -> Option<PathBuf> {
    chunk.strip_prefix(b"@").map(|p| PathBuf::from(OsStr::from_bytes(p)))
}

/// Returns `file:line` of an instruction; its key if the profile does not know it.
pub fn text(p: &Profile, key: RootKey) -> String {
    match p.place(key) {
        Some(([b'@' | b'=', name @ ..], line)) => format!("{}:{line}", String::from_utf8_lossy(name)),
        Some((_, line)) => format!("[string]:{line}"),
        None => key.to_string(),
    }
}

/// Returns `file:line loop` or `file:line function` of a root.
pub fn root(p: &Profile, key: RootKey) -> String {
    format!("{} {}", text(p, key), if key.pc == 0 { "function" } else { "loop" })
}

/// Lines of source files, read once.
#[derive(Default)]
pub struct Sources(HashMap<PathBuf, Option<Vec<String>>>);

impl Sources {
    /// Returns the line of an instruction, if its file is where it was.
    pub fn line(&mut self, p: &Profile, key: RootKey) -> Option<String> {
        let (chunk, line) = p.place(key)?;
        let lines = self.0.entry(file_of(chunk)?).or_insert_with_key(|path| {
            let bytes = std::fs::read(path).ok().filter(|b| !bytecode::is_bytecode(b))?;
            Some(String::from_utf8_lossy(&bytes).lines().map(|l| l.trim().to_string()).collect())
        });
        let line = lines.as_ref()?.get((line as usize).checked_sub(1)?)?;
        (!line.is_empty()).then(|| line.clone())
    }
}

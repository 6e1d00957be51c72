//! Writes the result: all of it or nothing.
//!
//! A regular file is written beside its final name and renamed over it, so that a failure or an interruption leaves what was there before. Devices
//! and pipes are written to directly: renaming would replace them.

use crate::interrupt::Begun;
use crate::plan::os_message;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path`, with execute permission as the user's mask allows it if `executable`.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), String> {
    let fail = |e: io::Error| format!("cannot write '{}': {}", path.display(), os_message(&e));
    match std::fs::metadata(path) {
        Ok(m) if m.is_dir() => Err(format!("cannot write '{}': is a directory", path.display())),
        Ok(m) if !m.is_file() => {
            OpenOptions::new().write(true).open(path).and_then(|mut f| f.write_all(bytes)).map_err(fail)
        }
        _ => {
            let temporary = Begun::new(&beside(path));
            replace(path, temporary.path(), bytes, executable).map_err(|e| {
                // It may not exist; the error that matters is the first.
                let _ = std::fs::remove_file(temporary.path());
                fail(e)
            })
        }
    }
}

fn replace(path: &Path, temporary: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
    let mode = if executable { 0o777 } else { 0o666 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(temporary)?;
    file.write_all(bytes)?;
    drop(file);
    std::fs::rename(temporary, path)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

/// A folder of its own for intermediate files, removed when dropped.
#[derive(Debug)]
pub struct Scratch(Begun);

impl Scratch {
    /// Makes it below the system's temporary folder.
    pub fn new() -> Result<Scratch, String> {
        let base = std::env::temp_dir();
        let mut n = 0u32;
        loop {
            let path = base.join(format!("kiln-aot-{}-{n}", std::process::id()));
            let begun = Begun::new(&path);
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch(begun)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && n < 1000 => n += 1,
                Err(e) => return Err(format!("cannot make a folder in '{}': {}", base.display(), os_message(&e))),
            }
        }
    }

    /// Returns the path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed stays in the temporary folder; the result is not affected.
        let _ = std::fs::remove_dir_all(self.0.path());
    }
}

//! Writes files whole or not at all.
//!
//! A regular file is written beside its place under a temporary name and renamed, so a full disk or a crash leaves the old file, or
//! none. Devices and pipes are written directly.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes `bytes` to `path`; `-` is standard output.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path == Path::new("-") {
        let mut stdout = io::stdout().lock();
        return stdout.write_all(bytes).and_then(|()| stdout.flush());
    }
    let existing = match fs::metadata(path) {
        Ok(existing) => existing,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return replace(path, bytes, None),
        Err(e) => return Err(e),
    };
    // Opening says what is wrong with a folder, or with a file that may not be written.
    let mut file = OpenOptions::new().write(true).open(path)?;
    if !existing.is_file() {
        return file.write_all(bytes);
    }
    // A symbolic link stays one: its file is replaced.
    let path = fs::canonicalize(path)?;
    match replace(&path, bytes, Some(existing.permissions())) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            // The file may be written, but its folder not.
            file.set_len(0)?;
            file.write_all(bytes)
        }
        result => result,
    }
}

/// Writes a temporary file and renames it to `path`.
fn replace(path: &Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let (temporary, mut file) = create_beside(path)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| permissions.map_or(Ok(()), |p| file.set_permissions(p)))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::IsADirectory.into()) };
    loop {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        temporary.push(format!(".{}-{count}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (temporary, file)),
        }
    }
}

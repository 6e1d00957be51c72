//! Starts `kiln-aot`, which links LLVM and is a program of its own, so that `kiln` starts fast without it.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

const PROGRAM: &str = "kiln-aot";

/// Becomes `kiln-aot` with these arguments: the one beside this program, or the first in `PATH`. Returns only if there is none.
pub fn start_aot(command: &[u8], arguments: &[Vec<u8>]) -> u8 {
    let beside = std::env::current_exe().and_then(|e| e.canonicalize()).ok().map(|e| e.with_file_name(PROGRAM));
    let program = beside.filter(|p| p.is_file()).unwrap_or_else(|| PathBuf::from(PROGRAM));
    let error = Command::new(program).args(arguments.iter().map(|a| OsStr::from_bytes(a))).exec();
    let name = [b"kiln ", command].concat();
    let text = match error.kind() {
        ErrorKind::NotFound => format!(
            "{PROGRAM} is neither beside kiln nor in PATH: it is a separate program that needs LLVM 19 (`make install` installs it)"
        ),
        _ => format!("cannot start {PROGRAM}: {error}"),
    };
    runtime::program::complain(Some(&name), text.as_bytes());
    1
}

//! What library functions share about the system: reports of failed calls (nil, message, error number), C's view of strings, the shell.

use crate::sys;
use heap::Raise;
use interp::{Cx, Ret};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Returns what C sees of a string: the bytes before the first NUL.
pub fn c_bytes(bytes: &[u8]) -> &[u8] {
    sys::memchr(0, bytes).map_or(bytes, |n| &bytes[..n])
}

/// Returns `name: message`.
pub fn message(name: Option<&[u8]>, code: i32) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(name) = name {
        text.extend_from_slice(name);
        text.extend_from_slice(b": ");
    }
    text.extend_from_slice(&sys::strerror(code));
    text
}

/// Returns true, or nil, `name: message` and the error number.
pub fn file_result(cx: &Cx<'_>, result: Result<(), i32>, name: Option<&[u8]>) -> Result<Ret, Raise> {
    match result {
        Ok(()) => cx.ret(heap::Val::TRUE),
        Err(code) => cx.ret_fail(&message(name, code), Some(code)),
    }
}

/// Returns the error number of a failed operation.
pub fn errno(e: &std::io::Error) -> i32 {
    e.raw_os_error().unwrap_or(libc::EIO)
}

/// Converts to an integer as the hardware does: everything out of range gives the least number.
pub fn to_i64(n: f64) -> i64 {
    let t = n.trunc();
    if t >= i64::MIN as f64 && t < i64::MAX as f64 { t as i64 } else { i64::MIN }
}

/// Returns a shell that will run `command`.
pub fn shell(command: &[u8]) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg0("sh").arg("-c").arg(OsStr::from_bytes(command));
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_out_of_range_are_the_least() {
        assert_eq!(to_i64(1.9), 1);
        assert_eq!(to_i64(-1.9), -1);
        assert_eq!(to_i64(1e300), i64::MIN);
        assert_eq!(to_i64(f64::NAN), i64::MIN);
    }

    #[test]
    fn texts_end_at_nul() {
        assert_eq!(c_bytes(b"a\0b"), b"a");
        assert_eq!(c_bytes(b"ab"), b"ab");
        assert_eq!(message(Some(b"x"), 2), b"x: No such file or directory");
        assert_eq!(message(None, 2), b"No such file or directory");
    }
}

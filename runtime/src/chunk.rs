//! Loads a chunk: source text or bytecode, from memory, a file or standard input.

use heap::Raise;
use interp::Cx;
use interp::load::{LoadError, load_chunk};
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

/// Compiles or reads `bytes` and pushes the function (`Ok(Ok(()))`), or the message that says why not (`Ok(Err(()))`).
pub fn load(cx: &mut Cx<'_>, bytes: &[u8], chunk_name: &[u8]) -> Result<Result<(), ()>, Raise> {
    match parse(bytes, chunk_name) {
        Ok(chunk) => match load_chunk(cx.vm(), &chunk, cx.vm().globals()) {
            Ok(f) => {
                cx.push(f.val());
                Ok(Ok(()))
            }
            Err(LoadError::Bad(message)) => refuse(cx, &[bare(chunk_name), b": ", message.as_bytes()].concat()),
            Err(LoadError::Raised(raise)) => Err(raise),
        },
        Err(message) => refuse(cx, &message),
    }
}

fn refuse(cx: &mut Cx<'_>, message: &[u8]) -> Result<Result<(), ()>, Raise> {
    cx.push_str(message)?;
    Ok(Err(()))
}

/// Returns a chunk name without the character that says what it is.
fn bare(chunk_name: &[u8]) -> &[u8] {
    match chunk_name {
        [b'@' | b'=', rest @ ..] => rest,
        name => name,
    }
}

fn parse(bytes: &[u8], chunk_name: &[u8]) -> Result<bytecode::Chunk, Vec<u8>> {
    if bytecode::is_bytecode(bytes) {
        return bytecode::undump(bytes, chunk_name).map_err(|e| e.message(chunk_name).into_bytes());
    }
    luac::compile(bytes, chunk_name, &luac::Options::default()).map_err(|e| e.message().to_vec())
}

/// Loads a file, or standard input if there is no path, as [`load`] does.
pub fn load_file(cx: &mut Cx<'_>, path: Option<&[u8]>) -> Result<Result<(), ()>, Raise> {
    match path {
        None => {
            let mut bytes = Vec::new();
            match io::stdin().lock().read_to_end(&mut bytes) {
                Ok(_) => load(cx, skip_comment(&bytes), b"=stdin"),
                Err(e) => refuse(cx, format!("cannot read stdin: {}", os_message(&e)).as_bytes()),
            }
        }
        Some(path) => match read(path) {
            Ok(bytes) => load(cx, skip_comment(&bytes), &[b"@", path].concat()),
            Err((verb, e)) => refuse(cx, &[b"cannot ", verb, b" ", path, b": ", os_message(&e).as_bytes()].concat()),
        },
    }
}

fn read(path: &[u8]) -> Result<Vec<u8>, (&'static [u8], io::Error)> {
    let mut file = std::fs::File::open(OsStr::from_bytes(path)).map_err(|e| (&b"open"[..], e))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| (&b"read"[..], e))?;
    Ok(bytes)
}

/// Drops a first line that starts with `#` where bytecode follows it; in source text the lexer does, and counts the line.
fn skip_comment(bytes: &[u8]) -> &[u8] {
    if bytes.first() == Some(&b'#')
        && let Some(end) = bytes.iter().position(|&b| b == b'\n')
        && bytecode::is_bytecode(&bytes[end + 1..])
    {
        return &bytes[end + 1..];
    }
    bytes
}

/// Returns the text of an error of the operating system, without Rust's `(os error 2)`.
fn os_message(e: &io::Error) -> String {
    let text = e.to_string();
    text.split_once(" (os error ").map_or(text.clone(), |(head, _)| head.to_string())
}

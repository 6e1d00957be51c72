//! Loads a chunk: source text or bytecode, from memory, a file or standard input.

use heap::Raise;
use interp::Cx;
use interp::load::load_chunk;
use stdlib::load::{Failure, load_bytes, read_file};

/// Compiles or reads `bytes` and pushes the function (`Ok(Ok(()))`), or the message that says why not (`Ok(Err(()))`).
pub fn load(cx: &mut Cx<'_>, bytes: &[u8], chunk_name: &[u8]) -> Result<Result<(), ()>, Raise> {
    match load_bytes(cx.vm(), bytes, chunk_name, None, None) {
        Ok(f) => {
            cx.push(f.val());
            stdlib::jit::events::compiled(cx.vm_mut());
            Ok(Ok(()))
        }
        Err(Failure::Message(text)) => refuse(cx, &text),
        Err(Failure::Raised(raise)) => Err(raise),
    }
}

/// Makes a function of a chunk and pushes it.
pub fn load_sound(cx: &mut Cx<'_>, chunk: bytecode::Sound) -> Result<(), Raise> {
    let f = load_chunk(cx.vm(), chunk, cx.vm().globals())?;
    cx.push(f.val());
    Ok(())
}

fn refuse(cx: &mut Cx<'_>, message: &[u8]) -> Result<Result<(), ()>, Raise> {
    cx.push_str(message)?;
    Ok(Err(()))
}

/// Loads a file, or standard input if there is no path, as [`load`] does.
pub fn load_file(cx: &mut Cx<'_>, path: Option<&[u8]>) -> Result<Result<(), ()>, Raise> {
    match read_file(cx.vm_mut(), path) {
        Ok((bytes, chunk_name)) => load(cx, skip_comment(&bytes), &chunk_name),
        Err(message) => refuse(cx, &message),
    }
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

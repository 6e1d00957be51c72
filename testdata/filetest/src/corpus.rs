//! Real Lua programs, and what stock `luajit` makes of them.
//!
//! The corpus is a list of Debian packages that `testdata/corpus/fetch.sh` unpacks under `target/corpus`. One `luajit` process compiles
//! many files; per file it answers with the stripped dump, the dump with debug information and the listing, or with an error message.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Compiles every file named on standard input; answers in blocks of a length line and bytes.
const DRIVER: &str = r#"
local bc = require("jit.bc")
local function emit(s) io.write(#s, "\n", s) end
for path in io.lines() do
  local f, message = loadfile(path)
  emit(message or "")
  if f then
    local lines = {}
    bc.dump(f, { write = function(_, s) lines[#lines + 1] = s end, flush = function() end }, true)
    emit(string.dump(f, true)) emit(string.dump(f)) emit(table.concat(lines))
  end
end
"#;

/// What `luajit` answers for a file: its output, or the error message.
pub type Answer = Result<Compiled, Vec<u8>>;

/// What `luajit` made of a file.
pub struct Compiled {
    /// The dump without debug information.
    pub stripped: Vec<u8>,
    /// The dump with debug information.
    pub full: Vec<u8>,
    /// The listing of all functions.
    pub listing: Vec<u8>,
}

/// Returns the repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the folder of the corpus.
///
/// # Errors
/// Says what to run if the corpus has not been fetched.
pub fn dir() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let dir = target.join("corpus");
    if dir.join(".complete").exists() {
        Ok(dir)
    } else {
        Err(format!("{} is missing or incomplete: run testdata/corpus/fetch.sh (make test does)", dir.display()))
    }
}

/// Returns the Lua files below `dir`, sorted: those named `*.lua` and scripts for a Lua interpreter.
///
/// # Errors
/// Fails if a folder cannot be read.
pub fn lua_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && (path.extension() == Some(OsStr::new("lua")) || is_script(&path)?) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_script(path: &Path) -> io::Result<bool> {
    if path.extension().is_some() {
        return Ok(false);
    }
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(80).read_to_end(&mut head)?;
    let line = head.split(|&c| c == b'\n').next().unwrap_or_default();
    Ok(line.starts_with(b"#!") && line.windows(3).any(|w| w == b"lua"))
}

/// Has `luajit` compile `files`; the answers are in their order.
///
/// # Errors
/// Fails if there is no `luajit`, or if its answer is cut off.
pub fn compile_with_luajit(files: &[PathBuf]) -> io::Result<Vec<Answer>> {
    let mut child = Command::new("luajit").args(["-e", DRIVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("no pipes to luajit"));
    };
    let names: Vec<u8> = files.iter().flat_map(|f| [f.as_os_str().as_encoded_bytes(), b"\n"].concat()).collect();
    let mut output = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(&names));
        stdout.read_to_end(&mut output)
    })?;
    child.wait()?;
    let mut rest = &output[..];
    files.iter().map(|_| answer(&mut rest).ok_or_else(|| io::Error::other("luajit's answer is cut off"))).collect()
}

fn answer(rest: &mut &[u8]) -> Option<Answer> {
    let message = block(rest)?;
    if !message.is_empty() {
        return Some(Err(message));
    }
    Some(Ok(Compiled { stripped: block(rest)?, full: block(rest)?, listing: block(rest)? }))
}

fn block(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|&c| c == b'\n')?;
    let len: usize = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let bytes = rest.get(end + 1..end + 1 + len)?.to_vec();
    *rest = &rest[end + 1 + len..];
    Some(bytes)
}

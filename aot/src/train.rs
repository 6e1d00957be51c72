//! Training: runs a program with `kiln` to profile it, before it is built.
//!
//! The program runs as its user would run it: with its standard streams, in the current folder. Modules that the build finds elsewhere than
//! `require` would are found there in training too: the search path is passed on, and named modules are preloaded.

use crate::find::Finder;
use crate::plan::os_message;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs `script` with `arguments`; its profile is written to `profile`.
pub fn run(script: &Path, arguments: &[OsString], finder: &Finder, profile: &Path) -> Result<(), String> {
    let kiln = std::env::current_exe().and_then(|e| e.canonicalize()).ok().map(|e| e.with_file_name("kiln"));
    let kiln = kiln.filter(|p| p.is_file()).unwrap_or_else(|| PathBuf::from("kiln"));
    let mut command = Command::new(&kiln);
    command.env("LUA_PATH", OsStr::from_bytes(&finder.path()));
    let preload: Vec<u8> = finder.files().flat_map(|(name, file)| preload(name, file)).collect();
    if !preload.is_empty() {
        command.arg("-e").arg(OsString::from_vec(preload));
    }
    command.arg("--profile-training").arg("--profile-out").arg(profile).arg(script).args(arguments);
    let shown = [script.as_os_str()].into_iter().chain(arguments.iter().map(OsString::as_os_str));
    let shown = shown.map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
    eprintln!("kiln build: training: {shown}");
    let status = command.status().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            "training needs the program kiln, which is neither beside kiln-aot nor in PATH".into()
        }
        _ => format!("cannot start '{}': {}", kiln.display(), os_message(&e)),
    })?;
    if !status.success() {
        return Err(format!("the training run failed ({status}), nothing is built: {shown}"));
    }
    if !profile.is_file() {
        return Err(format!("the training run wrote no profile: {shown}"));
    }
    Ok(())
}

/// Returns Lua code that has `require` find a module in a file.
fn preload(name: &[u8], file: &Path) -> Vec<u8> {
    let mut out = b"package.preload[".to_vec();
    quote(name, &mut out);
    out.extend_from_slice(b"] = function(...) return assert(loadfile(");
    quote(file.as_os_str().as_bytes(), &mut out);
    out.extend_from_slice(b"))(...) end\n");
    out
}

fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    bytes.iter().for_each(|b| out.extend_from_slice(format!("\\{b:03}").as_bytes()));
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_whatever_is_in_them() {
        let text = preload(b"a\"b", Path::new("x y\\z.lua"));
        let expected = "package.preload[\"\\097\\034\\098\"] = function(...) return assert(loadfile(";
        assert!(text.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(&text));
        assert!(luac::compile(&text, b"=x", &luac::Options::default()).is_ok());
    }
}

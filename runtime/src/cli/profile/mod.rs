//! `kiln profile`: shows, merges, compares, trims and checks profiles. None of this runs a program.
//!
//! Exit status: [`DONE`]; [`BELOW`] if `check` finds less than it is to; [`FAILED`] if nothing could be done; [`DAMAGED`] if it was done, but
//! parts of a profile could not be read and were left out.

mod check;
mod compare;
mod place;
mod show;

use super::{definition, print};
use clap::ArgMatches;
use ir::profile::Profile;
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// It was done.
pub const DONE: u8 = 0;
/// Less still applies than is asked for.
pub const BELOW: u8 = 1;
/// It could not be done.
pub const FAILED: u8 = 2;
/// It was done without parts of a profile.
pub const DAMAGED: u8 = 3;

/// Runs a subcommand; returns the exit status. `arguments` are what follows `profile`.
pub fn run(arguments: &[Vec<u8>]) -> u8 {
    let words = [OsString::from("kiln profile")].into_iter().chain(arguments.iter().cloned().map(OsString::from_vec));
    let matches = match definition::profile().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(e) => {
            // If the terminal is gone there is nobody to tell.
            let _ = e.print();
            return if e.use_stderr() { FAILED } else { DONE };
        }
    };
    let mut input = Input::default();
    let result = match matches.subcommand() {
        Some(("show", m)) => show::show(m, &mut input),
        Some(("merge", m)) => merge(m, &mut input),
        Some(("diff", m)) => compare::diff(m, &mut input),
        Some(("trim", m)) => trim(m, &mut input),
        Some(("check", m)) => check::check(m, &mut input),
        _ => Err("there are show, merge, diff, trim, check".into()),
    };
    match result {
        Ok(DONE) if input.damaged => DAMAGED,
        Ok(status) => status,
        Err(message) => {
            complain(&message);
            FAILED
        }
    }
}

fn complain(message: &str) {
    runtime::program::complain(Some(b"kiln profile"), message.as_bytes());
}

/// Reads profiles and remembers whether all of them were whole.
#[derive(Default)]
struct Input {
    damaged: bool,
}

impl Input {
    /// Reads a profile; `-` is standard input. What cannot be used of it is told.
    fn read(&mut self, path: &Path) -> Result<Profile, String> {
        let mut bytes = Vec::new();
        let done = match path.as_os_str() == "-" {
            true => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
            false => std::fs::read(path).map(|b| bytes = b),
        };
        done.map_err(|e| format!("cannot read '{}': {}", path.display(), reason(&e)))?;
        let (profile, wrong) = Profile::read(&bytes).map_err(|e| format!("'{}': {e}", path.display()))?;
        for problem in &wrong {
            complain(&format!("warning: '{}': {problem}", path.display()));
        }
        self.damaged |= !wrong.is_empty();
        Ok(profile)
    }

    /// Reads profiles and merges them. One that cannot be read at all is told; if none can, that is an error.
    fn merged(&mut self, paths: &[PathBuf]) -> Result<Profile, String> {
        let mut out = Profile::default();
        let mut read = 0;
        for path in paths {
            match self.read(path) {
                Ok(p) => {
                    read += 1;
                    out.merge(p);
                }
                Err(message) if paths.len() > 1 => {
                    self.damaged = true;
                    complain(&format!("warning: {message}: it is left out"));
                }
                Err(message) => return Err(message),
            }
        }
        if read == 0 { Err("no profile could be read".into()) } else { Ok(out) }
    }
}

fn merge(m: &ArgMatches, input: &mut Input) -> Result<u8, String> {
    let profile = input.merged(&paths(m, "profiles"))?;
    output(m, &profile)
}

fn trim(m: &ArgMatches, input: &mut Input) -> Result<u8, String> {
    let mut profile = input.read(&paths(m, "profile")[0])?;
    let (trees, sides) = profile.trim(percent(m, "min-share")?.unwrap_or(1.0) / 100.0);
    let status = output(m, &profile)?;
    if m.get_one::<OsString>("output").is_some() {
        let (kept, trees) = (plural(profile.trees().len(), "tree"), plural(trees, "tree"));
        complain(&format!("{trees} and {} dropped, {kept} kept", plural(sides, "side trace")));
    }
    Ok(status)
}

/// Writes a profile to where `-o` says, whole or not at all; to standard output otherwise.
fn output(m: &ArgMatches, profile: &Profile) -> Result<u8, String> {
    let text = profile.to_string();
    let Some(path) = m.get_one::<OsString>("output").map(PathBuf::from).filter(|p| p != "-") else {
        return Ok(if print(&text) == 0 { DONE } else { FAILED });
    };
    runtime::trace::profile::write(&path, text.as_bytes())
        .map_err(|e| format!("cannot write '{}': {}", path.display(), reason(&e)))?;
    Ok(DONE)
}

fn paths(m: &ArgMatches, id: &str) -> Vec<PathBuf> {
    m.get_many::<OsString>(id).into_iter().flatten().map(PathBuf::from).collect()
}

/// Reads an option in percent.
fn percent(m: &ArgMatches, id: &str) -> Result<Option<f64>, String> {
    let Some(text) = m.get_one::<String>(id) else { return Ok(None) };
    let n: Option<f64> = text.strip_suffix('%').unwrap_or(text).parse().ok();
    match n.filter(|n| (0.0..=100.0).contains(n)) {
        Some(n) => Ok(Some(n)),
        None => Err(format!("--{id} needs a percentage from 0 to 100, not '{text}'")),
    }
}

/// Returns the text of an error of the operating system, without Rust's `(os error 2)`.
fn reason(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error ").next().unwrap_or_default().to_string()
}

/// Says how many.
fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Names a file in a report.
fn file_name(path: &OsStr) -> String {
    if path == "-" { "standard input".to_string() } else { path.to_string_lossy().into_owned() }
}

/// Writes a report to standard output.
fn report(text: &str) -> Result<u8, String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(DONE),
        Err(e) => Err(format!("cannot write to standard output: {}", reason(&e))),
    }
}

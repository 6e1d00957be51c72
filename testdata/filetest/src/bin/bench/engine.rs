//! The engines compared: a name and a command each.
//!
//! A command that begins with `build:` makes executables: for each program it is run at the small size with `--profile-out`, then as `build
//! --profile`; what is measured is the executable.
//!
//! Absent: other knowledge of what an engine is; only its command line counts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Lua implementation with its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// What the table calls it.
    pub name: String,
    /// The program and its first arguments; the script follows.
    pub command: Vec<String>,
    /// What the command does.
    pub kind: Kind,
}

/// What an engine's command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It runs the script.
    Runs,
    /// It makes an executable.
    Builds,
    /// It is the executable: there is no script to follow.
    Built,
}

impl Engine {
    /// Profiles a script with an argument, and builds it below `folder`. Returns the executable as an engine; an error is the engine's failure.
    pub fn built(&self, script: &Path, size: Option<&str>, folder: &Path, corpus: &Path) -> Result<Engine, String> {
        let folder = std::path::absolute(folder).map_err(|e| e.to_string())?;
        let stem = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (profile, program) = (folder.join(format!("{stem}.kprof")), folder.join(format!("{stem}.{}", self.name)));
        let run = |arguments: &[&OsStr]| {
            let mut command = Command::new(&self.command[0]);
            command.args(&self.command[1..]).args(arguments).env("BENCH_CORPUS", corpus);
            let out = command.output().map_err(|e| format!("cannot run {}: {e}", self.command[0]))?;
            match out.status.success() {
                true => Ok(()),
                false => Err(String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or_default().to_string()),
            }
        };
        let size: Vec<&OsStr> = size.iter().map(OsStr::new).collect();
        run(&[&["--profile-out".as_ref(), profile.as_os_str(), script.as_os_str()], size.as_slice()].concat())?;
        let words = ["build".as_ref(), script.as_os_str(), "-o".as_ref(), program.as_os_str()];
        run(&[words.as_slice(), &["--profile".as_ref(), profile.as_os_str()]].concat())?;
        let command = vec![program.display().to_string()];
        Ok(Engine { name: self.name.clone(), command, kind: Kind::Built })
    }
}

/// The engines compared when none are named.
const DEFAULTS: &[&str] = &[
    "kiln-joff=target/release/kiln -joff",
    "kiln=target/release/kiln",
    "aot=build:target/release/kiln",
    "luajit-joff=luajit -joff",
    "luajit=luajit",
    "lua5.4=lua5.4",
];

/// Parses `NAME=COMMAND` or `NAME=build:COMMAND`; the command is split at spaces.
pub fn parse(text: &str) -> Result<Engine, String> {
    let (name, command) = text.split_once('=').ok_or("expected NAME=COMMAND")?;
    let (kind, command) = command.strip_prefix("build:").map_or((Kind::Runs, command), |c| (Kind::Builds, c));
    let command: Vec<String> = command.split_whitespace().map(String::from).collect();
    if name.is_empty() || command.is_empty() {
        return Err("expected NAME=COMMAND".into());
    }
    Ok(Engine { name: name.into(), command, kind })
}

/// Returns the engines to run: `given` or the defaults, of those the ones named in `only` and the reference.
///
/// Fails when two share a name, a name is unknown, the reference is missing, or a program is not there.
pub fn select(given: &[Engine], only: &[String], reference: &str) -> Result<Vec<Engine>, String> {
    let all: Vec<Engine> =
        if given.is_empty() { DEFAULTS.iter().map(|d| parse(d)).collect::<Result<_, _>>()? } else { given.to_vec() };
    for (i, e) in all.iter().enumerate() {
        if all[..i].iter().any(|o| o.name == e.name) {
            return Err(format!("two engines are called {}", e.name));
        }
    }
    if let Some(unknown) = only.iter().map(String::as_str).chain([reference]).find(|n| all.iter().all(|e| e.name != *n))
    {
        let names: Vec<_> = all.iter().map(|e| e.name.as_str()).collect();
        return Err(format!("no engine is called {unknown} (there are {})", names.join(", ")));
    }
    let keep = |e: &Engine| only.is_empty() || e.name == reference || only.contains(&e.name);
    let chosen: Vec<Engine> = all.into_iter().filter(keep).collect();
    for e in &chosen {
        if find_program(&e.command[0]).is_none() {
            return Err(format!(
                "engine {}: there is no program {} (build or install it, or choose engines with --only or --engine)",
                e.name, e.command[0]
            ));
        }
    }
    Ok(chosen)
}

/// Returns the file that would run for a command name, as a shell looks it up.
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Path::new(name).is_file().then(|| name.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|d| d.join(name)).find(|p| p.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_name_and_command() {
        let e = parse("mine=bin/lua -O2").unwrap();
        assert_eq!((e.name.as_str(), e.command), ("mine", vec!["bin/lua".to_string(), "-O2".into()]));
        assert_eq!(e.kind, Kind::Runs);
        let b = parse("aot=build:bin/kiln -O3").unwrap();
        assert_eq!((b.command, b.kind), (vec!["bin/kiln".to_string(), "-O3".into()], Kind::Builds));
        assert!(parse("aot=build:").is_err());
        assert!(parse("luajit").is_err());
        assert!(parse("=luajit").is_err());
        assert!(parse("x= ").is_err());
    }

    #[test]
    fn defaults_parse_and_hold_the_reference() {
        let names: Vec<_> = DEFAULTS.iter().map(|d| parse(d).unwrap().name).collect();
        assert!(names.contains(&"luajit-joff".to_string()));
    }

    #[test]
    fn select_reports_unknown_doubled_and_missing() {
        let select = |engines: &[&str], reference| {
            let engines: Vec<Engine> = engines.iter().map(|e| parse(e).unwrap()).collect();
            select(&engines, &[], reference)
        };
        assert_eq!(select(&["a=sh"], "a").unwrap(), [parse("a=sh").unwrap()]);
        assert!(select(&["a=sh"], "b").unwrap_err().contains("no engine is called b"));
        assert!(select(&["a=sh", "a=sh"], "a").unwrap_err().contains("two engines"));
        assert!(select(&["a=sh", "g=/nonexistent/lua"], "a").unwrap_err().contains("/nonexistent/lua"));
    }
}

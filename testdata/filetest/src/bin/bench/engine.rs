//! The engines compared: a name and a command each.
//!
//! A command that begins with `build:` makes executables: for each program it is trained at another size (`--profile-training --profile-out`), then run as `build
//! --profile`; what is measured is the executable. One that begins with `compile:` is a C compiler: what is measured is what it makes of
//! the file in C beside the program. Where there is none it has nothing to run, which is no failure.
//!
//! Absent: other knowledge of what an engine is; only its command line counts.

use crate::program::Program;
use filetest::process;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

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
    /// It makes an executable of the script.
    Builds,
    /// It makes an executable of the program in C.
    Compiles,
    /// It is the executable: there is no script to follow.
    Built,
}

/// Where and how executables are made.
pub struct Workshop {
    /// Where they and their profiles lie.
    pub folder: PathBuf,
    /// The unpacked packages.
    pub corpus: PathBuf,
    /// When a profiled run or a build counts as failed.
    pub limit: Duration,
}

impl Engine {
    /// Returns what runs a program: the engine itself, or the executable it makes. `None` if there is nothing to make one of; an error is
    /// the engine's failure. A profile is taken with the argument `size`.
    pub fn made(&self, program: &Program, size: Option<&str>, shop: &Workshop) -> Result<Option<Engine>, String> {
        let made = shop.folder.join(format!("{}.{}", program.name, self.name));
        match (self.kind, &program.c) {
            (Kind::Runs | Kind::Built, _) => return Ok(Some(self.clone())),
            (Kind::Compiles, None) => return Ok(None),
            (Kind::Compiles, Some(c)) => {
                self.run(&[c.as_os_str(), "-o".as_ref(), made.as_os_str(), "-lm".as_ref()], shop)?;
            }
            (Kind::Builds, _) => {
                let profile = shop.folder.join(format!("{}.kprof", program.name));
                let script = program.path.as_os_str();
                let size: Vec<&OsStr> = size.iter().map(OsStr::new).collect();
                self.run(
                    &[
                        &["--profile-training".as_ref(), "--profile-out".as_ref(), profile.as_os_str(), script],
                        size.as_slice(),
                    ]
                    .concat(),
                    shop,
                )?;
                let profile = ["--profile".as_ref(), profile.as_os_str()];
                self.run(&[&["build".as_ref(), script, "-o".as_ref(), made.as_os_str()], &profile[..]].concat(), shop)?;
            }
        }
        Ok(Some(Engine { name: self.name.clone(), command: vec![made.display().to_string()], kind: Kind::Built }))
    }

    /// Runs the command with more arguments. An error is the last line it wrote to standard error.
    fn run(&self, arguments: &[&OsStr], shop: &Workshop) -> Result<(), String> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(arguments).env("BENCH_CORPUS", &shop.corpus);
        let done = process::run(command, &[], shop.limit).map_err(|e| format!("{}: {e}", self.command.join(" ")))?;
        match done.status {
            0 => Ok(()),
            status => Err(done.err.last().cloned().unwrap_or_else(|| format!("{}: status {status}", self.command[0]))),
        }
    }
}

/// The engines compared when none are named.
const DEFAULTS: &[&str] = &[
    "kiln-joff=target/release/kiln -joff",
    "kiln=target/release/kiln",
    "aot=build:target/release/kiln",
    "luajit=luajit",
    "luajit-joff=luajit -joff",
    "c=compile:cc -O3",
    "lua5.4=lua5.4",
];

/// What a command may begin with.
const PREFIXES: &[(&str, Kind)] = &[("build:", Kind::Builds), ("compile:", Kind::Compiles)];

/// Parses `NAME=COMMAND`, `NAME=build:COMMAND` or `NAME=compile:COMMAND`; the command is split at spaces.
pub fn parse(text: &str) -> Result<Engine, String> {
    let (name, command) = text.split_once('=').ok_or("expected NAME=COMMAND")?;
    let prefixed = PREFIXES.iter().find_map(|(p, kind)| Some((*kind, command.strip_prefix(p)?)));
    let (kind, command) = prefixed.unwrap_or((Kind::Runs, command));
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
        assert_eq!(parse("c=compile:cc -O3").unwrap().kind, Kind::Compiles);
        assert!(parse("aot=build:").is_err());
        assert!(parse("luajit").is_err());
        assert!(parse("=luajit").is_err());
        assert!(parse("x= ").is_err());
    }

    #[test]
    fn defaults_parse_and_hold_the_reference() {
        let names: Vec<_> = DEFAULTS.iter().map(|d| parse(d).unwrap().name).collect();
        assert!(names.contains(&"luajit".to_string()));
    }

    fn shop(name: &str) -> Workshop {
        let folder = std::env::temp_dir().join(format!("kiln-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Workshop { folder, corpus: "/".into(), limit: Duration::from_secs(60) }
    }

    fn program(folder: &Path, c: Option<&str>) -> Program {
        std::fs::write(folder.join("x.lua"), "-- bench: group=calls small=2 tiny=1\n").unwrap();
        if let Some(text) = c {
            std::fs::create_dir_all(folder.join("c")).unwrap();
            std::fs::write(folder.join("c/x.c"), text).unwrap();
        }
        crate::program::load(folder, &[]).unwrap().remove(0)
    }

    #[test]
    fn a_program_in_c_is_compiled_and_one_that_is_not_there_is_no_failure() {
        let shop = shop("c");
        let c = parse("c=compile:cc -O1").unwrap();
        assert_eq!(c.made(&program(&shop.folder, None), None, &shop).unwrap(), None);
        let made = c.made(&program(&shop.folder, Some("int main(void) { return 7; }")), None, &shop).unwrap().unwrap();
        assert_eq!((made.name.as_str(), made.kind), ("c", Kind::Built));
        assert_eq!(Command::new(&made.command[0]).status().unwrap().code(), Some(7));
        let error = c.made(&program(&shop.folder, Some("int main(void) { return }")), None, &shop).unwrap_err();
        assert!(!error.is_empty());
        std::fs::remove_dir_all(&shop.folder).unwrap();
    }

    #[test]
    fn a_profile_is_taken_with_the_size_that_is_asked_for() {
        let shop = shop("build");
        let (log, fake) = (shop.folder.join("log"), shop.folder.join("fake"));
        std::fs::write(&fake, format!("echo \"$@\" >>{}\n", log.display())).unwrap();
        let engine = parse(&format!("aot=build:sh {}", fake.display())).unwrap();
        let made = engine.made(&program(&shop.folder, None), Some("2"), &shop).unwrap().unwrap();
        assert_eq!(made.command, [shop.folder.join("x.aot").display().to_string()]);
        let text = std::fs::read_to_string(&log).unwrap().replace(&shop.folder.display().to_string(), "");
        assert_eq!(
            text,
            "--profile-training --profile-out /x.kprof /x.lua 2\nbuild /x.lua -o /x.aot --profile /x.kprof\n"
        );
        std::fs::remove_dir_all(&shop.folder).unwrap();
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

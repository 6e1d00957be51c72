//! The programs under test and the oracle: where they are, and how a Lua file is run with them.
//!
//! Invariant: whatever interpreter runs, it is told that its name is `kiln`, has the same environment, and works in the
//! folder of the script; so messages of different interpreters compare as they are.

use crate::case::{Case, Outcome};
use crate::mode::{Form, Mode};
use crate::process;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// An interpreter with its compiler.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The interpreter.
    pub kiln: PathBuf,
    /// The compiler; without one, the interpreter's option `-b` compiles.
    pub luac: Option<PathBuf>,
    /// How it runs, if it is for another processor.
    pub foreign: Option<Foreign>,
}

/// Another processor.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// Program and arguments that run its programs.
    pub runner: Vec<String>,
    /// Its name for `kiln build --target`.
    pub target: String,
    /// The interpreter of this machine, which writes profiles; `kiln-aot` is beside it.
    pub host: PathBuf,
}

/// Factor on time limits under a runner, which interprets machine code.
const RUNNER_PATIENCE: u64 = 6;

impl Subject {
    /// Finds the programs under test: `KILN_BIN` and `LUAC_BIN`, or what is built in the test's own target folder.
    pub fn under_test() -> Result<Subject, String> {
        let luac = std::env::var_os("LUAC_BIN").map(PathBuf::from);
        if let Some(kiln) = std::env::var_os("KILN_BIN") {
            return Ok(Subject { kiln: find(Path::new(&kiln))?, luac, foreign: Foreign::from_environment()? });
        }
        let kiln = built_beside("kiln")?;
        let luac = luac.or_else(|| Some(kiln.with_file_name("luac")));
        Ok(Subject { kiln, luac, foreign: None })
    }

    /// Finds stock `luajit`, unless it is itself under test.
    pub fn oracle(under_test: &Subject) -> Option<Subject> {
        if under_test.is_luajit() {
            return None;
        }
        Some(Subject { kiln: find(Path::new("luajit")).ok()?, luac: None, foreign: None })
    }

    /// Whether this is stock `luajit`.
    pub fn is_luajit(&self) -> bool {
        self.kiln.file_name().is_some_and(|name| name == "luajit")
    }

    /// Runs the script at `path` in `mode`.
    pub fn run(&self, path: &Path, case: &Case, mode: &Mode) -> Result<Outcome, String> {
        let (folder, name) = (path.parent().unwrap_or(Path::new(".")), path.file_name().ok_or("no file name")?);
        let limit = Duration::from_secs(case.timeout * mode.patience * self.patience());
        if mode.form == Form::Executable {
            let program = TempFile::new("exe")?;
            self.build(folder, Path::new(name), case, mode, limit, &program.0)?;
            let mut command = self.command(&program.0, folder);
            command.args(&case.args).envs(mode.env.iter().copied());
            return process::run(command, &case.stdin, limit);
        }
        let object = TempFile::new("o")?;
        let mut command = self.command(&self.kiln, folder);
        command.args(mode.args);
        if mode.form == Form::Object && self.build(folder, Path::new(name), case, mode, limit, &object.0)? {
            command.arg("--aot").arg(&object.0);
        }
        let dump = match mode.form {
            Form::Source | Form::Executable | Form::Object => None,
            form => Some(self.compile(folder, Path::new(name), form, limit)?),
        };
        match &dump {
            Some(dump) => command.arg(&dump.0),
            None => command.arg(name),
        };
        command.args(&case.args).envs(mode.env.iter().copied());
        let mut outcome = process::run(command, &case.stdin, limit)?;
        if let Some(dump) = &dump {
            // A stripped function is named after the file it was loaded from.
            let path = dump.0.to_string_lossy();
            let name = dump.0.file_name().unwrap_or_default().to_string_lossy();
            for line in outcome.out.iter_mut().chain(&mut outcome.err) {
                *line = line.replace(&*path, "dump").replace(&*name, "dump");
            }
        }
        Ok(outcome)
    }

    fn patience(&self) -> u64 {
        if self.foreign.is_some() { RUNNER_PATIENCE } else { 1 }
    }

    /// Starts a program of the processor that is tested.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let Some((runner, arguments)) = self.foreign.as_ref().and_then(|f| f.runner.split_first()) else {
            return program_in(program, folder);
        };
        let mut command = program_in(Path::new(runner), folder);
        command.arg0(runner).args(arguments).arg(program);
        command
    }

    /// Profiles a script and builds it with its profile, by the `kiln-aot` beside the interpreter. Returns whether there was a profile: a program
    /// that ends its process in ways of its own leaves none, and its object would be of no use.
    fn build(
        &self,
        folder: &Path,
        name: &Path,
        case: &Case,
        mode: &Mode,
        limit: Duration,
        made: &Path,
    ) -> Result<bool, String> {
        let profile = TempFile::new("kprof")?;
        let host = self.foreign.as_ref().map_or(&self.kiln, |f| &f.host);
        let mut run = program_in(host, folder);
        run.args(mode.train).arg("--profile-training").arg("--profile-out").arg(&profile.0).arg(name).args(&case.args);
        process::run(run, &case.stdin, limit)?;
        let mut build = program_in(&host.with_file_name("kiln-aot"), folder);
        build.arg("build").args(mode.build).arg(name).arg("-o").arg(made);
        if let Some(foreign) = &self.foreign {
            build.arg("--target").arg(&foreign.target);
        }
        if mode.form == Form::Object {
            build.args(["--emit", "obj"]);
        }
        let profiled = profile.0.exists();
        if profiled {
            build.arg("--profile").arg(&profile.0);
        } else if mode.form == Form::Object {
            return Ok(false);
        }
        let built = process::run(build, b"", limit)?;
        match built.status {
            0 => Ok(profiled),
            status => Err(format!("the build ended with status {status}:\n{}", built.err.join("\n"))),
        }
    }

    fn compile(&self, folder: &Path, name: &Path, form: Form, limit: Duration) -> Result<TempFile, String> {
        let dump = TempFile::new("dump")?;
        let mut command = match &self.luac {
            Some(luac) => {
                let mut command = Command::new(luac);
                command.arg0("luac").current_dir(folder);
                neutral_environment(&mut command);
                command.args((form == Form::StrippedDump).then_some("-s"));
                command.arg("-o").arg(&dump.0).arg(name);
                command
            }
            None => {
                let mut command = self.command(&self.kiln, folder);
                command
                    .arg(if form == Form::StrippedDump { "-b" } else { "-bg" })
                    .args(["-t", "raw"])
                    .arg(name)
                    .arg(&dump.0);
                command
            }
        };
        command.env_remove("RT_GC");
        let outcome = process::run(command, b"", limit)?;
        if outcome.status != 0 || !outcome.err.is_empty() {
            return Err(format!("compiler: status {}: {}", outcome.status, outcome.err.join("\n")));
        }
        Ok(dump)
    }
}

impl Foreign {
    fn from_environment() -> Result<Option<Foreign>, String> {
        let Ok(runner) = std::env::var("RUNNER") else { return Ok(None) };
        let runner = runner.split_whitespace().map(String::from).collect();
        let target = std::env::var("TARGET").map_err(|_| "RUNNER needs TARGET")?;
        Ok(Some(Foreign { runner, target, host: built_beside("kiln")? }))
    }
}

/// Returns a program that is built in the test's own target folder.
fn built_beside(name: &str) -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|e| e.to_string())?;
    let folder = test.parent().and_then(Path::parent).ok_or("the test is not in a target folder")?;
    let program = folder.join(name);
    match program.is_file() {
        true => Ok(program),
        false => Err(format!("{} does not exist: run `cargo build` first, or set KILN_BIN", program.display())),
    }
}

/// A program that takes itself for `kiln`.
fn program_in(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg0("kiln").current_dir(folder);
    neutral_environment(&mut command);
    command
}

/// Sets the variables on which output may depend.
pub fn neutral_environment(command: &mut Command) {
    for name in ["LUA_INIT", "LUA_PATH", "LUA_CPATH", "RT_GC"] {
        command.env_remove(name);
    }
    command.env("TZ", "UTC").env("LC_ALL", "C").env("KILN_TEST_VARIABLE", "set by the harness");
}

fn find(name: &Path) -> Result<PathBuf, String> {
    let candidates = match name.components().count() {
        1 => std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).map(|dir| dir.join(name)).collect(),
        _ => vec![name.to_path_buf()],
    };
    let found = candidates.iter().find(|path| path.is_file()).ok_or(format!("{} not found", name.display()))?;
    std::path::absolute(found).map_err(|e| e.to_string())
}

/// A file name in the system's temporary folder that is removed when dropped.
#[derive(Debug)]
pub struct TempFile(pub PathBuf);

impl TempFile {
    /// Names a file that does not exist.
    pub fn new(kind: &str) -> Result<TempFile, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(TempFile(std::env::temp_dir().join(format!("filetest-{}-{number}.{kind}", std::process::id()))))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

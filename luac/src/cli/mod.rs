//! The command line: PUC Lua's `luac` with the conveniences of `luajit -b`, and `luajit -b` itself for `kiln -b`.
//!
//! `options` turns arguments into a [`Job`]; `input` reads and compiles; `combine` makes one chunk of several; `target` wraps a dump as
//! C source or object file; `output` writes files; `tree` compiles whole folders. Here is what a job does, in order.
//!
//! Invariant: a file is written whole or not at all (`output`), and any error makes the exit status 1.
//! Invariant: a reader that goes away (a closed pipe) ends the program without a message.

mod combine;
mod input;
mod options;
mod output;
mod target;
mod tree;

use crate::cli::input::Input;
use crate::cli::target::Target;
use bytecode::listing::{Detail, list};
use bytecode::{Chunk, DumpOptions, dump};
pub use options::{command, save_command};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `-v` prints.
pub const VERSION_LINE: &str =
    concat!("Kiln ", env!("CARGO_PKG_VERSION"), " -- language and bytecode of LuaJIT 2.1 (Lua 5.1)");

/// The status a shell reports for a program that a closed pipe has killed.
const CLOSED_PIPE: u8 = 141;

/// What is to be done.
struct Job {
    inputs: Vec<Input>,
    listing: Option<Detail>,
    /// Where the listing goes: a file, or `-`.
    listing_to: PathBuf,
    /// Where the result goes; `None` if nothing is to be written.
    output: Option<PathBuf>,
    strip: bool,
    target: Target,
    /// Name of the module in C sources and object files, if not the input's.
    module: Option<String>,
}

/// Why a job ended early.
enum Failure {
    /// Arguments are wrong, or help was asked for.
    Usage(clap::Error),
    /// One line of text for each finding.
    Messages(Vec<String>),
    /// Nobody reads the output any more.
    ClosedPipe,
}

type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    fn message(text: impl Into<String>) -> Failure {
        Failure::Messages(vec![text.into()])
    }

    /// Wraps an error of the operating system about `path`.
    fn io(verb: &str, path: &Path, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::ClosedPipe;
        }
        let name = if path == Path::new("-") { "standard output".into() } else { path.to_string_lossy() };
        Failure::message(format!("cannot {verb} {name}: {}", reason(error)))
    }
}

/// Returns the operating system's words for an error.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_string(),
        None => text,
    }
}

/// Runs `luac` with its arguments (the first is the program's name).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(status("luac", options::parse(args).and_then(|job| job.map_or(Ok(()), perform))))
}

/// Runs `luajit -b` with its arguments (the first is the program's name, the second `-b`, perhaps with other flags: `-bl`).
/// Returns the exit status.
pub fn run_save(program: &str, args: impl IntoIterator<Item = OsString>) -> u8 {
    status(program, options::parse_save(args).and_then(perform))
}

fn status(program: &str, outcome: Outcome) -> u8 {
    match outcome {
        Ok(()) => 0,
        Err(Failure::ClosedPipe) => CLOSED_PIPE,
        Err(Failure::Messages(lines)) => {
            let mut stderr = io::stderr().lock();
            for line in lines {
                // Nothing is left to tell if standard error is closed.
                let _ = writeln!(stderr, "{program}: {line}");
            }
            1
        }
        Err(Failure::Usage(error)) if error.use_stderr() => {
            let text = error.to_string();
            let _ = write!(io::stderr(), "{program}: {}", text.strip_prefix("error: ").unwrap_or(&text));
            1
        }
        Err(Failure::Usage(help)) => match help.print() {
            Ok(()) => 0,
            Err(error) => status(program, Err(Failure::io("write", Path::new("-"), &error))),
        },
    }
}

fn perform(job: Job) -> Outcome {
    if tree::wanted(&job) {
        return tree::compile(&job);
    }
    let mut chunks = Vec::new();
    let mut errors = Vec::new();
    for input in &job.inputs {
        match input.load(job.strip && job.listing.is_none()) {
            Ok(chunk) => chunks.push(chunk),
            Err(Failure::Messages(lines)) => errors.extend(lines),
            Err(other) => return Err(other),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::Messages(errors));
    }
    let chunk = combine::combine(chunks).map_err(Failure::message)?;
    if let Some(detail) = job.listing {
        write_listing(&chunk, detail, &job.listing_to)?;
    }
    match &job.output {
        Some(path) => {
            let module = match (&job.module, job.inputs.first()) {
                (Some(name), _) => Some(name.clone()),
                (None, Some(input)) => input.module_name(),
                (None, None) => None,
            };
            save(&chunk, &job, module, path)
        }
        None => Ok(()),
    }
}

/// Writes the dump of `chunk`, in the form that the job wants.
fn save(chunk: &Chunk, job: &Job, module: Option<String>, path: &Path) -> Outcome {
    let dump = dump(chunk, &DumpOptions { strip: job.strip });
    let bytes = target::wrap(dump, job.target, module.as_deref()).map_err(Failure::message)?;
    output::write(path, &bytes).map_err(|e| Failure::io("write", path, &e))
}

fn write_listing(chunk: &Chunk, detail: Detail, to: &Path) -> Outcome {
    let result = if to == Path::new("-") {
        let mut out = io::BufWriter::new(io::stdout().lock());
        list(chunk, detail, &mut out).and_then(|()| out.flush())
    } else {
        let mut out = Vec::new();
        list(chunk, detail, &mut out).and_then(|()| output::write(to, &out))
    };
    result.map_err(|e| Failure::io("write", to, &e))
}

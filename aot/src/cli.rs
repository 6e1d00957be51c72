//! The command line of `kiln-aot`, which `kiln build` and `kiln inspect` start.

use crate::build::{self, Emit, Job};
use crate::cache::{self, Cache};
use crate::cpu::Cpu;
use crate::find::Finder;
use crate::link::{self, Libc, LinkOptions};
use crate::ll::{Level, Settings};
use crate::manifest::Recipe;
use crate::output::Scratch;
use crate::target::Target;
use crate::{inspect, interrupt, plan, rebuild, traces, train};
use clap::{Args, CommandFactory, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Makes native executables of Lua programs, and looks into them.
#[derive(Debug, Parser)]
#[command(name = "kiln-aot", bin_name = "kiln", version, disable_help_subcommand = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a native executable of a Lua program and the modules it requires.
    #[command(after_help = BUILD_EXAMPLES)]
    Build(Box<Build>),
    /// Makes an executable again, from the executable alone, with more profiles.
    #[command(after_help = REBUILD_EXAMPLES)]
    Rebuild(Box<Rebuild>),
    /// Lists modules, traces and the manifest of an executable that `build` made.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(Inspect),
}

const BUILD_EXAMPLES: &str = "\
The modules that `require \"name\"` reaches are found as `require` finds them: through LUA_PATH, relative to the current
folder and to the script's folder. The executable needs no Kiln; it runs its program with the arguments it is given.
Building runs nothing of the program, unless --train asks for it. Traces of a profile whose functions have changed since are
left out. One line at the end says what was compiled and what was not.

Examples:
  kiln build app.lua -o app                   one program with its modules
  kiln build app.lua --include plugins/       and every module below a folder
  kiln build app.lua --module cfg=etc/c.lua   and one that is required by a computed name
  kiln build app.lua --dynamic                an executable that takes libc from the system
  kiln build app.lua --profile app.kprof      with the hot loops that a run had (kiln --profile-out app.kprof app.lua)
  kiln build app.lua --train -- input.txt     the same, with a run of its own
  kiln build app.lua --emit asm --profile app.kprof   the machine code of these loops
  kiln build app.lua --target aarch64 --runtime-lib arm64/libruntime.a

Environment: LUA_PATH (where modules are), KILN_LIB (folder of libruntime.a), KILN_CC (the compiler that links), XDG_CACHE_HOME (where compiled traces are kept), TMPDIR.";

const REBUILD_EXAMPLES: &str = "\
Everything comes from the executable: its modules, how it was built, and the traces that it was built with, which are merged with
the profiles. Options change how it is built.

Examples:
  kiln rebuild ./app --profile more.kprof -o app2
  kiln rebuild ./app --cpu native -o app-for-this-machine";

const INSPECT_EXAMPLES: &str = "\
Examples:
  kiln inspect app              modules with sizes, target, traces, what was not found
  kiln inspect --json app       the same for programs
  kiln inspect --manifest app   the manifest as it is stored";

#[derive(Debug, Args)]
struct Build {
    /// The program: Lua source or bytecode.
    script: PathBuf,
    /// Where to write the result [default: the script's name without `.lua`, in the current folder].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Adds a module that the search does not see or does not find.
    #[arg(short, long = "module", value_name = "NAME=FILE", value_parser = parse_module)]
    modules: Vec<(OsString, PathBuf)>,
    /// Adds every `.lua` file below a folder, named after its place in it.
    #[arg(long, value_name = "FOLDER")]
    include: Vec<PathBuf>,
    /// Searches modules with these templates first, as `package.path` has them (`src/?.lua;lib/?.lua`).
    #[arg(long, value_name = "TEMPLATES")]
    path: Vec<OsString>,
    /// Fails if a module is not found, unless `pcall` protects it.
    #[arg(long)]
    strict: bool,
    /// Leaves line numbers and variable names out of the bytecode.
    #[arg(short, long)]
    strip: bool,
    /// Machine to build for: x86_64, aarch64 or loongarch64, or a triple [default: this one].
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Runs the program first, with the arguments behind `--`, and uses that run's profile.
    #[arg(long)]
    train: bool,
    #[command(flatten)]
    making: Making,
    /// Arguments of the training run.
    #[arg(last = true, value_name = "ARGS", requires = "train")]
    arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
struct Rebuild {
    /// The executable, or an object file of `--emit obj`.
    file: PathBuf,
    /// Where to write the result.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    making: Making,
}

/// What building and rebuilding have in common.
#[derive(Debug, Args)]
struct Making {
    /// What to make.
    #[arg(long, value_enum, default_value_t = Emit::Exe)]
    emit: Emit,
    /// Precompiles the traces of a profile; several are merged.
    #[arg(long = "profile", value_name = "FILE")]
    profiles: Vec<PathBuf>,
    /// How hard LLVM tries: 1, 2 or 3 [default: 2, and 1 for traces that the profile spent next to no time in]; 0 is 1 with each side trace
    /// in a function of its own.
    #[arg(short = 'O', value_name = "LEVEL", value_parser = parse_level)]
    level: Option<Level>,
    /// CPU to compile for: `baseline` runs on every machine of the target, `native` is this one.
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// Leaves the trace compiler out: the program never asks for memory that can be executed.
    #[arg(long)]
    no_jit: bool,
    /// Links libc in, as is done anyway where this machine has it (and without --no-jit): starts faster, runs where libc is older or missing.
    #[arg(long = "static")]
    statically: bool,
    /// Takes libc from the system: a megabyte smaller, at random addresses, and updates of libc count.
    #[arg(long, conflicts_with = "statically")]
    dynamic: bool,
    /// Keeps symbols and line tables, for profilers and debuggers: they show Lua lines for compiled traces.
    #[arg(long)]
    symbols: bool,
    /// The C compiler that links [default: cc; for other machines what `make cross` left, or Debian's cross compiler].
    #[arg(long, value_name = "CC")]
    linker: Option<OsString>,
    /// Passes one more argument to the linker.
    #[arg(long = "link-arg", value_name = "ARG", allow_hyphen_values = true)]
    link_args: Vec<OsString>,
    /// The runtime archive.
    #[arg(long, value_name = "FILE")]
    runtime_lib: Option<PathBuf>,
    /// Threads that compile at the same time [default: as many as there are processors].
    #[arg(short, long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Where compiled traces are kept for the next build [default: kiln in XDG_CACHE_HOME or ~/.cache].
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<PathBuf>,
    /// Compiles everything anew and keeps nothing.
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
    /// Prints no summary.
    #[arg(short, long)]
    quiet: bool,
    /// Says what is done.
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Debug, Args)]
struct Inspect {
    /// Executables, or object files of `--emit obj`.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Prints the manifest as it is stored.
    #[arg(long)]
    manifest: bool,
    /// Prints a JSON object a file.
    #[arg(long, conflicts_with = "manifest")]
    json: bool,
}

fn parse_level(text: &str) -> Result<Level, String> {
    match text {
        "0" => Ok(Level::O0),
        "1" => Ok(Level::O1),
        "2" => Ok(Level::O2),
        "3" => Ok(Level::O3),
        _ => Err("there are -O0 to -O3".to_string()),
    }
}

fn parse_module(text: &str) -> Result<(OsString, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.into(), path.into())),
        _ => Err("expected NAME=FILE".to_string()),
    }
}

/// Returns the definition of the command line, for manual pages.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program; returns its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            // If the terminal is gone there is nobody to tell.
            let _ = e.print();
            return u8::from(e.use_stderr());
        }
    };
    let start = Instant::now();
    let (name, result) = match cli.command {
        Command::Build(options) => ("build", build(&options, start)),
        Command::Rebuild(options) => ("rebuild", rebuild(&options, start)),
        Command::Inspect(options) => ("inspect", show(&options)),
    };
    match result {
        Ok(()) => 0,
        Err(message) => {
            eprintln!("kiln {name}: {message}");
            1
        }
    }
}

fn show(options: &Inspect) -> Result<(), String> {
    let style = match options {
        Inspect { manifest: true, .. } => inspect::Style::Manifest,
        Inspect { json: true, .. } => inspect::Style::Json,
        _ => inspect::Style::People,
    };
    for file in &options.files {
        let text = inspect::inspect(file, style)?;
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|e| format!("cannot write to standard output: {}", plan::os_message(&e)))?;
    }
    Ok(())
}

fn build(options: &Build, start: Instant) -> Result<(), String> {
    interrupt::watch();
    let target = match &options.target {
        Some(name) => {
            Target::find(name).ok_or_else(|| format!("unknown target '{name}': there are {}", Target::names()))?
        }
        None => Target::host().ok_or_else(|| format!("name a --target: {}", Target::names()))?,
    };
    let recipe = Recipe {
        settings: Settings::of(target),
        strip: options.strip,
        libc: Libc::Auto,
        symbols: false,
        no_jit: false,
    };
    let job = job("build", &options.making, output_name(options)?, recipe)?;
    let finder = finder(options)?;
    let plan = collect(options, &finder)?;
    let scratch = options.train.then(Scratch::new).transpose()?;
    let mut profiles = options.making.profiles.clone();
    if let Some(scratch) = &scratch {
        let file = scratch.file("training.kprof");
        train::run(&options.script, &options.arguments, &finder, &file)?;
        profiles.push(file);
    }
    let profile = (!profiles.is_empty()).then(|| traces::read(&profiles, "build")).transpose()?;
    build::make(&job, &plan, profile, start)
}

fn rebuild(options: &Rebuild, start: Instant) -> Result<(), String> {
    interrupt::watch();
    let found = rebuild::read(&options.file)?;
    if found.foreign > 0 {
        let (n, file) = (found.foreign, options.file.display());
        eprintln!("kiln rebuild: warning: {file}: {n} trees of another version are left out");
    }
    let mut profile = found.profile;
    profile.merge(traces::read(&options.making.profiles, "rebuild")?);
    let job = job("rebuild", &options.making, options.output.clone(), found.recipe)?;
    build::make(&job, &found.plan, Some(profile), start)
}

/// Joins what is asked for with how it was made before.
fn job(command: &'static str, m: &Making, output: PathBuf, before: Recipe) -> Result<Job, String> {
    let target = before.settings.target;
    let recipe = Recipe {
        settings: Settings {
            target,
            cpu: m.cpu.as_ref().map_or(Ok(before.settings.cpu), |name| Cpu::find(target, name))?,
            level: m.level.unwrap_or(before.settings.level),
        },
        strip: before.strip,
        libc: match (m.statically, m.dynamic) {
            (true, _) => Libc::Static,
            (_, true) => Libc::Shared,
            _ => before.libc,
        },
        symbols: before.symbols || m.symbols,
        no_jit: before.no_jit || m.no_jit,
    };
    // Found before anything is compiled: without it the rest is in vain.
    let needed = m.emit.needs_runtime();
    let archive = needed.then(|| link::find_archive(target, m.runtime_lib.as_deref(), recipe.no_jit)).transpose()?;
    let folder = m.cache_dir.clone().or_else(cache::default_folder).filter(|_| !m.no_cache);
    let cache = match folder.map(|f| Cache::open(&f, recipe.settings)) {
        Some(Ok(cache)) => Some(cache),
        // One that was asked for and is not to be had is worth a word, but no more.
        Some(Err(why)) if m.cache_dir.is_some() || m.verbose => {
            eprintln!("kiln {command}: warning: {why}");
            None
        }
        _ => None,
    };
    let link = LinkOptions {
        linker: m.linker.clone(),
        extra: m.link_args.clone(),
        keep_symbols: recipe.symbols,
        // What is built without the compiler is to be small.
        libc: if recipe.no_jit && recipe.libc == Libc::Auto { Libc::Shared } else { recipe.libc },
        verbose: m.verbose,
    };
    let Making { emit, jobs: threads, quiet, verbose, .. } = *m;
    Ok(Job { command, emit, output, recipe, archive, link, threads, cache, quiet, verbose })
}

fn output_name(options: &Build) -> Result<PathBuf, String> {
    if let Some(path) = &options.output {
        return Ok(path.clone());
    }
    let name = Path::new(options.script.file_name().unwrap_or_default());
    let stem = name.with_extension("");
    if options.making.emit == Emit::Exe && stem == name {
        return Err(format!("'{}' has no extension: name the result with --output", options.script.display()));
    }
    Ok(options.making.emit.file_name(&stem))
}

/// Says where modules are.
fn finder(options: &Build) -> Result<Finder, String> {
    let paths: Vec<Vec<u8>> = options.path.iter().map(|p| p.as_bytes().to_vec()).collect();
    let mut finder = Finder::new(&options.script, &paths, std::env::var_os("LUA_PATH").as_deref());
    for folder in &options.include {
        if finder.include(folder)? == 0 {
            eprintln!("kiln build: warning: no Lua files below '{}'", folder.display());
        }
    }
    for (name, path) in &options.modules {
        finder.name(name.clone().into_vec(), path.clone());
    }
    Ok(finder)
}

/// Finds and compiles everything; reports what is missing.
fn collect(options: &Build, finder: &Finder) -> Result<plan::Plan, String> {
    // It draws on standard error, and only on a terminal.
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} compiled  {wide_msg}") {
        progress.set_style(style);
    }
    let plan = plan::make(&options.script, finder, options.strip, |path| {
        progress.inc(1);
        progress.set_message(path.display().to_string());
    });
    progress.finish_and_clear();
    let plan = plan?;
    if options.making.verbose {
        for m in &plan.modules {
            eprintln!("module {} from {}", String::from_utf8_lossy(&m.name), m.path.display());
        }
    }
    for m in plan.missing.iter().filter(|m| options.making.verbose || !m.guarded) {
        if options.strict && !m.guarded {
            return Err(m.to_string());
        }
        eprintln!("kiln build: warning: {m}");
    }
    Ok(plan)
}

//! The command line of `kiln-aot`, which `kiln build` and `kiln inspect` start.

use crate::find::Finder;
use crate::link::{self, LinkOptions};
use crate::output::{self, Scratch};
use crate::target::Target;
use crate::{inspect, ll, manifest, plan, traces};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

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
    /// Lists the modules and the manifest of an executable that `build` made.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(Inspect),
}

const BUILD_EXAMPLES: &str = "\
The modules that `require \"name\"` reaches are found as `require` finds them: through LUA_PATH, relative to the current
folder and to the script's folder. The executable needs no Kiln; it runs its program with the arguments it is given.

Examples:
  kiln build app.lua -o app                   one program with its modules
  kiln build app.lua --include plugins/       and every module below a folder
  kiln build app.lua --module cfg=etc/c.lua   and one that is required by a computed name
  kiln build app.lua --static                 an executable without shared libraries
  kiln build app.lua --target aarch64 --runtime-lib arm64/libruntime.a

Environment: LUA_PATH (where modules are), KILN_LIB (folder of libruntime.a), TMPDIR.";

const INSPECT_EXAMPLES: &str = "\
Examples:
  kiln inspect app              modules with sizes, target, what was not found
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
    /// What to make.
    #[arg(long, value_enum, default_value_t = Emit::Exe)]
    emit: Emit,
    /// Precompiles the traces of a profile (see `kiln run --profile-out`).
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Leaves line numbers and variable names out of the bytecode.
    #[arg(short, long)]
    strip: bool,
    /// Links libc and friends in: larger, but starts faster and runs where they are older or missing.
    #[arg(long = "static")]
    statically: bool,
    /// Keeps the symbols of the runtime, for profilers and debuggers.
    #[arg(long)]
    symbols: bool,
    /// Fails if a module is not found, unless `pcall` protects it.
    #[arg(long)]
    strict: bool,
    /// Machine to build for: x86_64, aarch64 or loongarch64, or a triple [default: this one].
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// The C compiler that links [default: cc].
    #[arg(long, value_name = "CC")]
    linker: Option<OsString>,
    /// Passes one more argument to the linker.
    #[arg(long = "link-arg", value_name = "ARG", allow_hyphen_values = true)]
    link_args: Vec<OsString>,
    /// The runtime archive.
    #[arg(long, value_name = "FILE")]
    runtime_lib: Option<PathBuf>,
    /// Says what is done.
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Emit {
    /// An object file.
    Obj,
    /// An executable.
    Exe,
}

#[derive(Debug, Args)]
struct Inspect {
    /// The executable, or an object file of `--emit obj`.
    file: PathBuf,
    /// Prints the manifest as it is stored.
    #[arg(long)]
    manifest: bool,
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
    let (name, result) = match cli.command {
        Command::Build(options) => ("build", build(&options)),
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
    let text = inspect::inspect(&options.file, options.manifest)?;
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| format!("cannot write to standard output: {}", plan::os_message(&e)))
}

fn build(options: &Build) -> Result<(), String> {
    let target = match &options.target {
        Some(name) => {
            Target::find(name).ok_or_else(|| format!("unknown target '{name}': there are {}", Target::names()))?
        }
        None => Target::host().ok_or_else(|| format!("name a --target: {}", Target::names()))?,
    };
    // Found before anything is compiled: without it the rest is in vain.
    let archive = match options.emit {
        Emit::Exe => Some(link::find_archive(target, options.runtime_lib.as_deref())?),
        Emit::Obj => None,
    };
    let output = output_name(options)?;
    let plan = collect(options)?;
    let text = manifest::write(&plan, target, options.strip);
    let trees = match &options.profile {
        Some(file) => traces::compile(target, file)?,
        None => traces::Compiled::default(),
    };
    let object = ll::emit_object(target, &plan::payload(&plan, &text, &trees.text), &trees.names)?;
    let Some(archive) = archive else { return output::write(&output, &object, false) };
    let scratch = Scratch::new()?;
    let (object_file, linked) = (scratch.file("image.o"), scratch.file("image"));
    output::write(&object_file, &object, false)?;
    let mut objects = vec![object_file];
    for (name, object) in trees.names.iter().zip(&trees.objects) {
        let file = scratch.file(&format!("{name}.o"));
        output::write(&file, object, false)?;
        objects.push(file);
    }
    let link_options = LinkOptions {
        linker: options.linker.clone(),
        extra: options.link_args.clone(),
        keep_symbols: options.symbols,
        statically: options.statically,
        verbose: options.verbose,
    };
    link::link(target, &objects, &archive, &linked, &link_options)?;
    let executable =
        std::fs::read(&linked).map_err(|e| format!("the linker made nothing: {}", plan::os_message(&e)))?;
    output::write(&output, &executable, true)?;
    if options.verbose {
        let n = plan.modules.len();
        eprintln!("{}: program and {n} modules, {} bytes, {}", output.display(), executable.len(), target.triple);
    }
    Ok(())
}

fn output_name(options: &Build) -> Result<PathBuf, String> {
    if let Some(path) = &options.output {
        return Ok(path.clone());
    }
    let name = Path::new(options.script.file_name().unwrap_or_default());
    let stem = name.with_extension("");
    match options.emit {
        Emit::Obj => Ok(stem.with_extension("o")),
        Emit::Exe if stem != name => Ok(stem),
        Emit::Exe => Err(format!("'{}' has no extension: name the result with --output", options.script.display())),
    }
}

/// Finds and compiles everything; reports what is missing.
fn collect(options: &Build) -> Result<plan::Plan, String> {
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
    // It draws on standard error, and only on a terminal.
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} compiled  {wide_msg}") {
        progress.set_style(style);
    }
    let plan = plan::make(&options.script, &finder, options.strip, |path| {
        progress.inc(1);
        progress.set_message(path.display().to_string());
    });
    progress.finish_and_clear();
    let plan = plan?;
    if options.verbose {
        for m in &plan.modules {
            eprintln!("module {} from {}", String::from_utf8_lossy(&m.name), m.path.display());
        }
    }
    for m in plan.missing.iter().filter(|m| options.verbose || !m.guarded) {
        if options.strict && !m.guarded {
            return Err(m.to_string());
        }
        eprintln!("kiln build: warning: {m}");
    }
    Ok(plan)
}

//! Makes what was asked for: compiles traces, makes the image, links, writes; says in one line what came out.

use crate::cache::Cache;
use crate::compile::Options;
use crate::content::Program;
use crate::lines::Lines;
use crate::link::{self, LinkOptions};
use crate::ll::{self, Compiler, Form, Parts};
use crate::manifest::{self, Recipe};
use crate::output::{self, Scratch};
use crate::plan::{self, Plan, os_message};
use crate::traces::{self, Compiled};
use crate::{archive, objfile};
use abi::image::flag;
use indicatif::{ProgressBar, ProgressStyle};
use ir::profile::Profile;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The function that runs the program of a static library: `int kiln_main(int argc, char **argv)`. It does not return: the process ends with
/// the program's status.
pub const LIBRARY_ENTRY: &str = "kiln_main";

/// What to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Emit {
    /// An executable.
    Exe,
    /// One object file: image, `main` and compiled traces.
    Obj,
    /// A static library with the runtime, whose `int kiln_main(int argc, char **argv)` runs the program and ends the process.
    Lib,
    /// The compiled traces as LLVM assembly, optimised.
    Ll,
    /// The compiled traces as assembly of the target (for GNU `as --gdwarf-5`).
    Asm,
}

impl Emit {
    /// Says whether the runtime becomes part of it.
    pub const fn needs_runtime(self) -> bool {
        matches!(self, Emit::Exe | Emit::Lib)
    }

    /// Names the result after a program.
    pub fn file_name(self, stem: &Path) -> PathBuf {
        match self {
            Emit::Exe => stem.to_path_buf(),
            Emit::Obj => stem.with_extension("o"),
            Emit::Ll => stem.with_extension("ll"),
            Emit::Asm => stem.with_extension("s"),
            Emit::Lib => {
                let mut name = std::ffi::OsString::from("lib");
                name.push(stem);
                name.push(".a");
                name.into()
            }
        }
    }
}

/// How to make it.
#[derive(Debug)]
pub struct Job {
    /// `build` or `rebuild`, for messages.
    pub command: &'static str,
    /// What to make.
    pub emit: Emit,
    /// Where to write it.
    pub output: PathBuf,
    /// How the image is made.
    pub recipe: Recipe,
    /// The runtime, if it is needed.
    pub archive: Option<PathBuf>,
    /// For the linker.
    pub link: LinkOptions,
    /// Threads at most; 0 for as many as there are processors.
    pub threads: usize,
    /// What earlier builds kept.
    pub cache: Option<Cache>,
    /// Prints no summary.
    pub quiet: bool,
    /// Says what is done.
    pub verbose: bool,
}

/// Makes it of a program and its profile.
pub fn make(job: &Job, plan: &Plan, profile: Option<Profile>, start: Instant) -> Result<(), String> {
    let compiled = match profile {
        Some(profile) => compile(job, plan, profile)?,
        None => Compiled::default(),
    };
    let bytes = match job.emit {
        Emit::Ll | Emit::Asm => {
            let texts: Vec<_> = compiled.modules().map(|m| (m.text.as_str(), m.level)).collect();
            let form = if job.emit == Emit::Ll { Form::Ir } else { Form::Asm };
            Compiler::new(job.recipe.settings)?.text(&texts, form)?
        }
        Emit::Obj => object(job, plan, &compiled, "main")?,
        Emit::Lib => {
            let archive = job.archive.as_deref().ok_or("no runtime archive")?;
            let runtime = std::fs::read(archive)
                .map_err(|e| format!("cannot read runtime archive '{}': {}", archive.display(), os_message(&e)))?;
            archive::extend(&runtime, "program.o", &object(job, plan, &compiled, LIBRARY_ENTRY)?)
                .map_err(|e| format!("runtime archive '{}': {e}", archive.display()))?
        }
        Emit::Exe => executable(job, plan, &compiled)?,
    };
    output::write(&job.output, &bytes, job.emit == Emit::Exe)?;
    if !job.quiet {
        let seconds = start.elapsed().as_secs_f64();
        let facts = summary(plan, &compiled);
        eprintln!("kiln {}: {}: {facts}, {}, {seconds:.2} s", job.command, job.output.display(), size(bytes.len()));
    }
    Ok(())
}

fn compile(job: &Job, plan: &Plan, profile: Profile) -> Result<Compiled, String> {
    let mut program = Program::default();
    for s in plan.sources() {
        let name = [b"@", s.path.as_os_str().as_encoded_bytes()].concat();
        let chunk = bytecode::load(&s.code, &name).map_err(|e| e.message(&name))?;
        program.add(&chunk);
        // Without debug information these are the names that the runtime gives.
        program.call(&s.name);
        program.call(&[b"@", s.name.as_slice()].concat());
    }
    program.learn(&profile);
    let lines = Lines::new(program.clone(), &profile);
    let options =
        Options { settings: job.recipe.settings, threads: job.threads, cache: job.cache.as_ref(), lines: &lines };
    // It draws on standard error, and only on a terminal.
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} of {len} trees compiled {wide_bar}") {
        bar.set_style(style);
    }
    let each = bar.clone();
    let compiled = traces::compile(profile, &program, options, &|n| {
        each.set_length(n as u64);
        let each = each.clone();
        Box::new(move || each.inc(1))
    });
    bar.finish_and_clear();
    let compiled = compiled?;
    if job.verbose {
        for t in &compiled.trees {
            let from = if t.is_cached() { "from the cache" } else { "compiled" };
            let levels: Vec<String> = t.modules.iter().map(|m| format!("-O{}", m.level.number())).collect();
            let (place, levels) = (&t.place, levels.join(" and "));
            eprintln!("tree {place}: {} traces, {} exits, {} bytes, {levels}, {from}", t.traces, t.exits, t.code);
        }
        for d in &compiled.drops {
            eprintln!("left out: {} traces: {}", d.traces, d.reason);
        }
    }
    Ok(compiled)
}

fn image(job: &Job, plan: &Plan, compiled: &Compiled, entry: &str) -> Result<Vec<u8>, String> {
    let text = manifest::write(plan, &job.recipe, compiled);
    let payload = plan::payload(plan, &text, &compiled.text);
    let flags = if job.recipe.no_jit { flag::NO_JIT } else { 0 };
    ll::emit_object(job.recipe.settings, Parts { payload: &payload, trees: &compiled.names(), flags, entry })
}

fn object(job: &Job, plan: &Plan, compiled: &Compiled, entry: &str) -> Result<Vec<u8>, String> {
    let image = image(job, plan, compiled, entry)?;
    if compiled.trees.is_empty() {
        return Ok(image);
    }
    let mut all = vec![image.as_slice()];
    all.extend(compiled.modules().map(|m| m.object.as_slice()));
    objfile::merge(&all)
}

fn executable(job: &Job, plan: &Plan, compiled: &Compiled) -> Result<Vec<u8>, String> {
    let archive = job.archive.as_deref().ok_or("no runtime archive")?;
    let scratch = Scratch::new()?;
    let (object_file, linked) = (scratch.file("image.o"), scratch.file("image"));
    output::write(&object_file, &object(job, plan, compiled, "main")?, false)?;
    let note = link::link(job.recipe.settings.target, &object_file, archive, &linked, &job.link)?;
    if let Some(note) = note.filter(|_| !job.quiet) {
        eprintln!("kiln {}: note: {note}", job.command);
    }
    std::fs::read(&linked).map_err(|e| format!("the linker made nothing: {}", os_message(&e)))
}

/// Says what was compiled and what was not.
fn summary(plan: &Plan, c: &Compiled) -> String {
    let modules = plan.modules.len();
    let program = match modules {
        0 => "program".to_string(),
        1 => "program and 1 module".to_string(),
        n => format!("program and {n} modules"),
    };
    if c.trees.is_empty() && c.drops.is_empty() {
        return format!("{program}, no traces");
    }
    let cached: usize = c.trees.iter().filter(|t| t.is_cached()).map(|t| t.traces).sum();
    let from = if cached > 0 { format!(" ({cached} from the cache)") } else { String::new() };
    let from = match c.loaded() {
        0 => from,
        n => format!("{from}, {n} of code loaded at run time"),
    };
    let dropped: usize = c.drops.iter().map(|d| d.traces).sum();
    let mut reasons: Vec<_> = c.drops.iter().collect();
    reasons.sort_by_key(|d| (std::cmp::Reverse(d.traces), &d.reason));
    let reasons: Vec<String> = reasons.iter().map(|d| format!("{} {}", d.traces, d.reason)).collect();
    let dropped = match dropped {
        0 => "0 dropped".to_string(),
        n => format!("{n} dropped ({})", reasons.join(", ")),
    };
    let share = |of: u64| 100.0 * c.covered() as f64 / of.max(1) as f64;
    let traced = match c.spent.is_empty() {
        true => String::new(),
        false => format!(" ({:.1} % of that in traces)", share(c.traced())),
    };
    let share = share(c.work);
    let unit = c.unit();
    format!("{program}, {} traces compiled{from}, {dropped}, {share:.1} % of the profiled {unit}{traced}", c.traces())
}

fn size(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        _ => format!("{:.2} MB", bytes as f64 / 1e6),
    }
}

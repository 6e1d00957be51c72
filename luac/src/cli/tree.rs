//! Compiles folders: every `*.lua` file below them, in parallel, each to a file of its own.
//!
//! Errors do not stop the others; all are reported at the end, in the order of the files. A progress bar is shown on a terminal only.

use super::input::{self, Input};
use super::target::symbol_part;
use super::{Failure, Job, Outcome, save, write_listing};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use walkdir::WalkDir;

/// Stack of a compiling thread in bytes: that of a main thread, as nested source recurses.
const STACK: usize = 8 << 20;

/// Says whether each input gets a file of its own.
pub(super) fn wanted(job: &Job) -> bool {
    let to_folder = job.output.as_ref().is_some_and(|path| {
        path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(std::path::MAIN_SEPARATOR_STR.as_bytes())
    });
    to_folder || job.inputs.iter().any(Input::is_folder)
}

/// One file to compile.
struct Item {
    source: PathBuf,
    /// Path below the output folder.
    relative: PathBuf,
}

pub(super) fn compile(job: &Job) -> Outcome {
    let mut errors = Vec::new();
    let items = find(job, &mut errors)?;
    if job.module.is_some() && items.len() > 1 {
        return Err(Failure::message("-n names one module, and there are several files"));
    }
    if let Some(folder) = &job.output
        && folder.exists()
        && !folder.is_dir()
    {
        return Err(Failure::message(format!("{} is not a folder", folder.display())));
    }
    let bar = progress_bar(items.len());
    let findings = Mutex::new(Vec::new());
    let closed = AtomicBool::new(false);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((i, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?))) {
            match compile_item(job, item) {
                Ok(()) => {}
                Err(Failure::Messages(lines)) => {
                    if let Ok(mut findings) = findings.lock() {
                        findings.push((i, lines));
                    }
                }
                Err(Failure::ClosedPipe | Failure::Usage(_)) => {
                    closed.store(true, Ordering::Relaxed);
                    next.store(items.len(), Ordering::Relaxed);
                }
            }
            bar.inc(1);
        }
    };
    // Listings come one after the other.
    let threads = if job.listing.is_some() { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    std::thread::scope(|scope| -> Outcome {
        for _ in 0..threads.min(items.len()) {
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, work)
                .map_err(|e| Failure::message(format!("cannot start a thread: {}", super::reason(&e))))?;
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    if closed.into_inner() {
        return Err(Failure::ClosedPipe);
    }
    let mut findings = findings.into_inner().unwrap_or_default();
    findings.sort();
    let failed = findings.len();
    errors.extend(findings.into_iter().flat_map(|(_, lines)| lines));
    if failed > 0 {
        errors.push(format!("{failed} of {} files failed", items.len()));
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::Messages(errors)) }
}

/// Lists the files to compile; folders that cannot be read are added to `errors`.
fn find(job: &Job, errors: &mut Vec<String>) -> Outcome<Vec<Item>> {
    let mut items = Vec::new();
    for input in &job.inputs {
        let Input::File(path) = input else {
            return Err(Failure::message("only files and folders can be compiled into a folder"));
        };
        if !path.is_dir() {
            let relative = path.file_name().unwrap_or(OsStr::new("chunk")).into();
            items.push(Item { source: path.clone(), relative });
            continue;
        }
        let before = items.len();
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && entry.path().extension() == Some(OsStr::new("lua")) => {
                    let relative = entry.path().strip_prefix(path).unwrap_or(entry.path()).to_path_buf();
                    items.push(Item { source: entry.into_path(), relative });
                }
                Ok(_) => {}
                Err(e) => errors.push(walk_error(&e)),
            }
        }
        if items.len() == before {
            errors.push(format!("no *.lua files in {}", path.display()));
        }
    }
    let mut seen = HashSet::new();
    match items.iter().find(|item| !seen.insert(item.relative.with_extension(""))) {
        Some(item) if job.output.is_some() => {
            Err(Failure::message(format!("{} is not the only source of its output file", item.source.display())))
        }
        _ => Ok(items),
    }
}

fn walk_error(error: &walkdir::Error) -> String {
    let path = error.path().unwrap_or(Path::new("?")).display();
    match error.io_error() {
        Some(e) => format!("cannot read {path}: {}", super::reason(e)),
        None => format!("cannot read {path}: symbolic links form a loop"),
    }
}

fn compile_item(job: &Job, item: &Item) -> Outcome {
    let chunk = input::load_file(&item.source, job.strip && job.listing.is_none())?;
    if let Some(detail) = job.listing {
        write_listing(&chunk, detail, &job.listing_to)?;
    }
    let Some(folder) = &job.output else { return Ok(()) };
    let path = folder.join(&item.relative).with_extension(job.target.form.extension());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Failure::io("create", parent, &e))?;
    }
    let dotted: Vec<u8> = item.relative.with_extension("").as_os_str().as_encoded_bytes().to_vec();
    let dotted: Vec<u8> = dotted.into_iter().map(|c| if c == b'/' || c == b'\\' { b'.' } else { c }).collect();
    let module = job.module.clone().or_else(|| symbol_part(&dotted));
    save(&chunk, job, module, &path)
}

fn progress_bar(len: usize) -> ProgressBar {
    if len < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(len as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

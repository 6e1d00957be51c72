//! Runs many tests on a few threads and reports.
//!
//! A test is a name and a function that returns its failures. Failures are printed as they occur, the names of the failed
//! tests once more at the end, then `N passed, N failed`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a test function reports: checks that passed, and failures with a title and a text.
#[derive(Debug, Default)]
pub struct Report {
    /// Number of checks that held.
    pub passed: usize,
    /// Title (`mode`, say) and explanation of each that did not.
    pub failures: Vec<(String, String)>,
}

impl Report {
    /// Records one check.
    pub fn check(&mut self, title: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(text) => self.failures.push((title.into(), text)),
        }
    }
}

/// Returns the `testdata` folder.
pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Lists the files directly in `folder/<topic>/` and in `folder` itself that have the extension, sorted, filtered by
/// `FILTER` and by the first command-line argument that is not an option.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let wanted = std::env::var("FILTER").ok().or_else(|| std::env::args().skip(1).find(|arg| !arg.starts_with('-')));
    let mut found = Vec::new();
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let list = std::fs::read_dir(folder).into_iter().flatten().flatten();
        list.map(|entry| entry.path()).collect()
    };
    for path in entries(folder) {
        if path.is_dir() { found.extend(entries(&path)) } else { found.push(path) }
    }
    found.retain(|path| path.is_file() && path.extension().is_some_and(|have| have == extension));
    found.retain(|path| wanted.as_ref().is_none_or(|wanted| path.to_string_lossy().contains(wanted.as_str())));
    found.sort();
    found
}

/// Runs `test` over `items` on two threads, prints failures and a summary, and returns the exit status.
pub fn run(name: &str, items: &[PathBuf], test: impl Fn(&Path) -> Report + Sync) -> ExitCode {
    let next = AtomicUsize::new(0);
    let total = Mutex::new((0usize, Vec::<String>::new()));
    let slowest = Mutex::new((Duration::ZERO, String::new()));
    let root = testdata();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let report = test(item);
                    let shown = item.strip_prefix(&root).unwrap_or(item).display();
                    let mut slow = slowest.lock().unwrap_or_else(PoisonError::into_inner);
                    if start.elapsed() > slow.0 {
                        *slow = (start.elapsed(), shown.to_string());
                    }
                    drop(slow);
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    total.0 += report.passed;
                    for (title, text) in report.failures {
                        println!("FAILED {shown} [{title}]\n{text}");
                        total.1.push(format!("{shown} [{title}]"));
                    }
                }
            });
        }
    });
    let (passed, mut failed) = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort();
    for line in &failed {
        println!("failed: {line}");
    }
    let slow = slowest.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{name}: slowest {} with {:.1} s", slow.1, slow.0.as_secs_f64());
    println!("{name}: {} files, {passed} passed, {} failed", items.len(), failed.len());
    if items.is_empty() {
        println!("{name}: no file matches");
    }
    ExitCode::from(u8::from(!failed.is_empty() || items.is_empty()))
}

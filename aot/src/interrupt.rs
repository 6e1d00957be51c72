//! Ctrl-C: an interrupted build removes what it began, then ends as an interrupted program does.
//!
//! Invariant: a path is known here before anything is made at it.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Files and folders that are to go.
static BEGUN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A path that is removed if the program is interrupted while this lives.
#[derive(Debug)]
pub struct Begun(PathBuf);

impl Begun {
    /// Notes a path.
    pub fn new(path: &Path) -> Begun {
        if let Ok(mut all) = BEGUN.lock() {
            all.insert(path.to_path_buf());
        }
        Begun(path.to_path_buf())
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Ok(mut all) = BEGUN.lock() {
            all.remove(&self.0);
        }
    }
}

/// Says which signals whoever started this program has it ignore (`nohup`, shells in the background), as bits from signal 1 on.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    bits.and_then(|b| u64::from_str_radix(b.trim(), 16).ok()).unwrap_or(0)
}

/// From now on signals that end the program remove what was begun first.
pub fn watch() {
    let ignored = ignored();
    let ends = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|s| ignored >> (s - 1) & 1 == 0);
    // Without the handlers the program ends as it did; what stays is a temporary file.
    let Ok(mut signals) = Signals::new(ends) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Held to the end, so that nothing more is begun.
            let all = BEGUN.lock();
            for path in all.iter().flat_map(|a| a.iter()) {
                // One of them fails; which depends on what it is.
                let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir_all(path));
            }
            // It does not return for these signals.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

//! `KILN_PERF=map`: tells `perf` the names of traces (and of the code that their exits share), by a line for each in `/tmp/perf-PID.map`.
//!
//! The file stays behind, as `perf report` reads it after the program has ended. Freed traces stay in it: addresses are reused seldom, and perf takes
//! the later line.

use super::engine::Live;
use super::place;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

/// The map of this process.
pub(crate) struct PerfMap(File);

impl PerfMap {
    /// Creates the file; `None` where it cannot be.
    pub fn open() -> Option<PerfMap> {
        let path = format!("/tmp/perf-{}.map", std::process::id());
        let file = File::options().write(true).create(true).truncate(true).custom_flags(libc::O_NOFOLLOW).open(&path);
        match file {
            Ok(file) => Some(PerfMap(file)),
            Err(e) => {
                crate::program::complain(Some(b"kiln"), format!("KILN_PERF: cannot write {path}: {e}").as_bytes());
                None
            }
        }
    }

    /// Names code: address and size.
    pub fn add(&mut self, name: &str, (at, size): (u64, usize)) {
        // A full disk costs names, nothing else.
        let _ = writeln!(self.0, "{at:x} {size:x} {name}");
    }
}

/// Returns the name of a trace for other programs: `TRACE_7 app.lua:3`; of a side trace its parent instead.
pub(crate) fn name(number: u32, live: &Live) -> String {
    match live.trace.start {
        ir::Start::Root => {
            let p = live.place.0 as *const heap::ProtoObj;
            format!("TRACE_{number} {}", place::text(p, live.place.1))
        }
        ir::Start::Side(parent, exit) => format!("TRACE_{number} side of {parent}/{exit}"),
    }
}

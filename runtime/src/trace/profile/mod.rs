//! Profiles: what was hot and compiled in a run, written at its end, when it is terminated, and every so often.
//!
//! Idea: traces are symbolic (`ir`), so the profile is their text with counts. The text and its rules are in `ir::profile`. Counts come
//! from counters that are there anyway, and from one in each side trace's entry (`jit::asm::x64`). What jumps to a root from other traces follows
//! from these: it was entered and not left. What a loop does between entry and exit is not counted, since that costs more than a profile may: a timer of processor time says
//! where the time goes ([`sample`]). A sample is the trace whose code the timer interrupted; if that was in a helper, the trace that is left
//! next because of it.
//!
//! Of precompiled trees the interpreter counts entries, and `aot::leave` exits. What happens within one is not counted: for each entry from outside
//! its traces are said to have been entered as often as in the profile that the tree was built from; or as often as they were left, if that is more.
//!
//! What is freed or flushed is kept as text-to-be ([`Engine::keep`]).
//!
//! Invariant: a file is written whole or not at all: to a name beside it first.
//! Invariant: nothing here changes what the program does. What is compiled changes by the timer's interruptions, and by the budget that samples add to.

mod collect;
mod notes;

use super::engine::Engine;
use super::policy::Budget;
use heap::Vm;
use ir::profile::{Profile, Spent};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use stdlib::jit::profile::{Sample, start_native, stop_native};

/// Milliseconds of processor time between samples.
pub const INTERVAL: u32 = 4;
/// The same where there are to be no samples, but the file is to be written every so often.
const LOOK: u32 = 50;

/// What is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The file; `%p` in it is the number of the process.
    pub path: Vec<u8>,
    /// Milliseconds between writings while the program computes; 0: only at the end.
    pub every: u64,
    /// Milliseconds between samples; 0 is none.
    pub interval: u32,
    /// The run is for the profile alone: all that is hot is compiled, whatever it costs.
    pub training: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { path: Vec::new(), every: 0, interval: INTERVAL, training: false }
    }
}

/// A profile under way.
pub(crate) struct Output {
    path: PathBuf,
    every: Option<Duration>,
    written: Instant,
    /// Milliseconds between samples; 0: there are none.
    interval: u32,
    /// What is known of traces that are gone, and what no trace knows.
    kept: Profile,
    /// Flushes so far.
    flushes: u32,
    /// The trace that was left while a sample was due.
    left: Option<u32>,
    /// What else is to be delivered.
    deliver: fn(&mut Vm, *mut u64),
}

/// Has a profile written when the machine ends. The error says why there will be none.
pub fn start(vm: &mut Vm, options: &Options) -> Result<(), String> {
    let path = expand(&options.path);
    let deliver = vm.jit.deliver;
    let machine = std::ptr::from_ref(vm) as u64;
    let Some(e) = super::engine(vm) else { return Err("there is no trace compiler for this processor".into()) };
    // Better now than after hours.
    if !is_stream(&path) {
        let part = part_of(&path.canonicalize().unwrap_or_else(|_| path.clone()));
        let made = std::fs::File::create(&part).and_then(|_| std::fs::remove_file(&part));
        made.map_err(|why| cannot_write(&path, &why))?;
    }
    let every = (options.every > 0).then(|| Duration::from_millis(options.every));
    // The report has a timer of its own.
    let interval = if e.watch.stats.is_none() { options.interval } else { 0 };
    e.backend.count_entries(machine);
    if options.training {
        e.budget = Budget::of_training();
    }
    e.watch.profile = Some(Box::new(Output {
        path,
        every,
        written: Instant::now(),
        interval,
        kept: Profile::default(),
        flushes: 0,
        left: None,
        deliver,
    }));
    vm.jit.deliver = deliver_all;
    vm.jit.loaded = super::aot::loaded;
    vm.host::<stdlib::AtExit>().actions.push(finish);
    crate::signal::catch_termination(vm);
    if interval > 0 {
        start_native(vm, interval, sample);
    } else if every.is_some() {
        start_native(vm, LOOK, sample);
    }
    Ok(())
}

/// Does what the environment of an executable asks for: `KILN_PROFILE_OUT`, `KILN_PROFILE_EVERY` (seconds), `KILN_PROFILE_INTERVAL`
/// (milliseconds), `KILN_PROFILE_TRAINING` (1).
pub fn start_from_environment(vm: &mut Vm) -> Result<(), String> {
    let Some(path) = std::env::var_os("KILN_PROFILE_OUT").filter(|p| !p.is_empty()) else { return Ok(()) };
    // Whoever starts a privileged program does not choose the files it writes.
    if crate::signal::is_privileged() {
        return Ok(());
    }
    let mut options = Options { path: path.into_vec(), ..Options::default() };
    if let Some(text) = std::env::var_os("KILN_PROFILE_EVERY") {
        let every = seconds(text.as_bytes());
        options.every = every.ok_or("KILN_PROFILE_EVERY needs seconds, such as 60")?;
    }
    if let Some(text) = std::env::var_os("KILN_PROFILE_INTERVAL") {
        let n = text.to_str().and_then(|t| t.parse().ok()).filter(|n| *n <= 10_000);
        options.interval = n.ok_or("KILN_PROFILE_INTERVAL needs milliseconds, such as 4, or 0 for no samples")?;
    }
    options.training = std::env::var_os("KILN_PROFILE_TRAINING").is_some_and(|v| !v.is_empty() && v != "0");
    start(vm, &options)
}

/// Parses seconds, whole or not, to milliseconds; a week at most.
pub fn seconds(text: &[u8]) -> Option<u64> {
    let seconds: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (0.001..=604_800.0).contains(&seconds).then_some((seconds * 1000.0) as u64)
}

/// The program ends.
fn finish(vm: &mut Vm) {
    let Some(e) = super::engine(vm) else { return };
    if e.watch.profile.as_ref().is_some_and(|o| o.interval > 0 || o.every.is_some()) {
        stop_native(vm);
    }
    save(vm, true);
    if let Some(e) = super::engine(vm) {
        e.watch.profile = None;
    }
}

/// Writes the profile as it is now, for the last time or not.
fn save(vm: &mut Vm, last: bool) {
    let Some(e) = super::engine(vm) else { return };
    if e.watch.profile.is_none() {
        return;
    }
    let mut whole = e.collect(vm);
    let Some(output) = &mut e.watch.profile else { return };
    whole.merge(if last { std::mem::take(&mut output.kept) } else { output.kept.clone() });
    let done = write(&output.path, whole.text().as_bytes());
    if let Err(why) = done {
        crate::program::complain(Some(b"kiln"), cannot_write(&output.path, &why).as_bytes());
    }
    if let Some(output) = &mut e.watch.profile {
        output.written = Instant::now();
    }
}

/// Ends the process if it is to end, then goes on with what else is waiting.
fn deliver_all(vm: &mut Vm, top: *mut u64) {
    if crate::signal::is_terminated() {
        save(vm, true);
        crate::signal::terminate();
    }
    let Some(e) = super::engine(vm) else { return };
    if let Some(output) = &e.watch.profile {
        (output.deliver)(vm, top);
    }
}

/// The timer has ticked.
fn sample(vm: &mut Vm, s: Sample) {
    let Some(e) = super::engine(vm) else { return };
    let Some(output) = &mut e.watch.profile else { return };
    let left = output.left.take();
    let due = output.every.is_some_and(|every| output.written.elapsed() >= every);
    if output.interval > 0 {
        let milliseconds = output.interval.saturating_mul(s.count);
        e.budget.profiled(milliseconds);
        let spent = match (s.state, s.trace.or(left)) {
            (b'G', _) => Some(Spent::Collector),
            (b'J', _) => Some(Spent::Compiler),
            (_, Some(trace)) => e.root_of(vm, trace).map(Spent::Root),
            (b'C', None) => Some(Spent::Library),
            _ => Some(Spent::Interpreted),
        };
        if let (Some(output), Some(spent)) = (&mut e.watch.profile, spent) {
            output.kept.spend(spent, s.count.into());
        }
    }
    if due {
        save(vm, false);
    }
}

impl Engine {
    /// Compiled code is left: by which trace, if a sample waits for it.
    #[inline]
    pub(crate) fn leaves(&mut self, vm: &Vm, trace: u32) {
        if let Some(output) = &mut self.watch.profile
            && vm.jit.pending.load(std::sync::atomic::Ordering::Relaxed)
        {
            output.left = Some(trace);
        }
    }
}

fn cannot_write(path: &Path, why: &std::io::Error) -> String {
    let why = why.to_string();
    // Without Rust's `(os error 2)`.
    format!("cannot write profile '{}': {}", path.display(), why.split(" (os error ").next().unwrap_or_default())
}

/// Puts the number of the process in place of `%p`.
fn expand(path: &[u8]) -> PathBuf {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'%', b'p', tail @ ..] => {
                out.extend_from_slice(std::process::id().to_string().as_bytes());
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    std::ffi::OsString::from_vec(out).into()
}

/// Returns the name that a file has until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}

/// Says whether a name is that of a device or a pipe, which cannot be replaced. (What lies in /dev may be links to anything.)
fn is_stream(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc") || std::fs::metadata(path).is_ok_and(|m| !m.is_file())
}

/// Writes a file whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if is_stream(path) {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    // A link stays one.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let part = part_of(&path);
    let done = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, &path));
    if done.is_err() {
        // It may not even have been made.
        let _ = std::fs::remove_file(&part);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let id = std::process::id();
        assert_eq!(expand(b"a/%p.kprof"), PathBuf::from(format!("a/{id}.kprof")));
        assert_eq!(expand(b"%p%p%"), PathBuf::from(format!("{id}{id}%")));
        assert_eq!(expand(b"100%.kprof"), PathBuf::from("100%.kprof"));
    }

    #[test]
    fn files_are_replaced_whole() {
        let folder = std::env::temp_dir().join(format!("kiln-profile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let file = folder.join("x");
        for text in ["one", "two"] {
            write(&file, text.as_bytes()).expect("written");
            assert_eq!(std::fs::read_to_string(&file).expect("read"), text);
        }
        assert!(write(&folder.join("none/x"), b"").is_err());
        let link = folder.join("y");
        std::os::unix::fs::symlink("x", &link).expect("a link");
        write(&link, b"three").expect("written");
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "three");
        std::fs::remove_file(&link).expect("still a link");
        assert_eq!(std::fs::read_dir(&folder).expect("list").count(), 1, "nothing is left behind");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}

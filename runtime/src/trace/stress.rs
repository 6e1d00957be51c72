//! Exit stress: every guard of every trace fails once, and what each exit leaves is compared with the interpreter.
//!
//! Where a trace tree with guards that have not failed yet is about to be entered, the process forks. The parent enters; its first such guard
//! fails; the exit restores the frames; their description ([`state`]) goes through a pipe to the child. The child has waited for it with the
//! state of the entry. It now interprets from there, instruction by instruction, never entering compiled code. Each time it arrives
//! at the instruction, frame and coroutine of the exit it describes its own state and compares. Equal text: the exit was right. So
//! the reference is the interpreter alone, on the same inputs, with its own copy of all side effects; nothing of the recorder, of
//! snapshots or of the restoring code takes part.
//!
//! Which visit of the instruction the trace's exit corresponds to is not known, so any that is equal counts. A trace cannot have run more
//! instructions than its processor time allows ([`PACE`]); if the child went further without meeting the state, that is a difference, and
//! ends the run with status 1. Outcomes without a verdict are: long runs in compiled code, and what has effects outside of the process or
//! results that differ between two processes (`io`, `os`, `collectgarbage`, `jit`).
//!
//! Guards fail only in entries that are compared: otherwise the cells that the code looks at say [`PASS`]. After entries in which no
//! guard failed for the first time, some entries are not compared, each time more: their code just runs.
//!
//! Invariant: the child writes nowhere but to its pipe, and ends by `_exit`. It runs, links, frees no compiled code (code memory is shared).
//! Invariant: at most one comparison is under way; traces entered below it, from builtins that call back, have no failing guards.

mod live;
mod state;

use self::live::Live as LiveSlots;
use self::state::{Known, Text};
use super::engine::{Engine, Live};
use abi::abort::Abort;
use bytecode::Op;
use heap::vm::NOT_ENTERED;
use heap::{Vm, vm::TraceCode};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::Ordering;

/// Whether it is there at all: only where debug assertions are. What is shipped does without it.
pub const IS_HERE: bool = cfg!(debug_assertions);
/// A cell whose guard fails next time.
const FAIL: u8 = 0;
/// A cell whose guard has not failed, and must not now. (1 is written by the code: it has failed.)
pub(super) const PASS: u8 = 2;
/// Bytecode instructions that a trace may have run in a nanosecond.
const PACE: u64 = 20;
/// Instructions a child runs at least before it gives up, and at most.
const STEPS: std::ops::Range<u64> = 20_000..4_000_000;
/// Builtins that a child does not run.
const OUTSIDE: [&str; 7] = ["io.", "os.", "jit.", "collectgarbage", "gcinfo", "debug.sethook", "profile."];

/// What a child tells.
const EQUAL: u8 = 0;
const OPEN: u8 = 1;
const DIFFERS: u8 = 2;

/// State of the mode.
#[derive(Default)]
pub(crate) struct Stress {
    roots: HashMap<u32, Root>,
    /// Traces published so far.
    published: usize,
    check: Option<Check>,
    twin: Option<Box<Twin>>,
    /// The exit to be spoilt, counted down: a test of the test.
    spoil: u32,
    log: bool,
}

/// What is known of a root trace.
#[derive(Default)]
struct Root {
    /// Traces published when all guards of the tree had failed.
    done_at: Option<usize>,
    /// Entries to let pass.
    skip: u32,
    /// Comparisons in a row in which no guard failed for the first time.
    idle: u32,
}

/// A comparison under way.
struct Check {
    child: libc::pid_t,
    known: Known,
    pipe: File,
    answer: File,
    depth: u32,
    /// Processor time at the entry, in seconds. What a process waits for the processor says nothing of what it does.
    start: f64,
    root: u32,
}

/// The state at an exit, as the child gets it.
struct Exit {
    pc: u64,
    base: u64,
    coroutine: u64,
    nanoseconds: u64,
    text: String,
}

/// What the child does.
struct Twin {
    exit: Exit,
    answer: File,
    known: Known,
    live: LiveSlots,
    steps: u64,
    limit: u64,
    arrivals: u32,
    /// Fewest lines that differed, and which.
    best: Option<(usize, String)>,
}

/// Switches the mode on.
pub(crate) fn install(vm: &mut Vm, e: &mut Engine) {
    e.stress = Some(Box::new(Stress {
        spoil: std::env::var("KILN_SPOIL_EXIT").ok().and_then(|v| v.parse().ok()).unwrap_or(0),
        log: std::env::var_os("KILN_EXIT_LOG").is_some(),
        ..Stress::default()
    }));
    vm.jit.around = Some(around);
    interp::jit::refresh(vm);
}

impl Stress {
    /// A trace is published: its guards do not fail yet.
    pub(crate) fn disarm(&mut self, trace: &Live) {
        self.published += 1;
        for c in trace.cells.iter().flat_map(|c| c.iter()) {
            c.store(PASS, Ordering::Relaxed);
        }
    }
}

/// Turns cells of one state into another; returns how many there were.
fn turn(e: &Engine, from: u8, to: u8) -> usize {
    let cells = e.traces.iter().flatten().flat_map(|t| t.cells.iter()).flat_map(|c| c.iter());
    let changed = cells.filter(|c| c.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok());
    changed.count()
}

/// Says whether a guard that can be reached from a root has not failed yet.
fn is_open(e: &Engine, root: u32) -> bool {
    let (mut seen, mut left) = (vec![false; e.traces.len()], vec![root]);
    while let Some(r) = left.pop() {
        for t in e.traces.iter().flatten().filter(|t| t.root == r) {
            if t.cells.iter().flat_map(|c| c.iter()).any(|c| c.load(Ordering::Relaxed) == PASS) {
                return true;
            }
            let link = if let ir::Link::Root(next) = t.trace.link { Some(next) } else { None };
            for next in e.aot.targets(t.number).into_iter().chain(link) {
                if let Some(s @ false) = seen.get_mut(next as usize) {
                    *s = true;
                    left.push(next);
                }
            }
        }
    }
    false
}

/// Enters a trace.
unsafe fn around(vm: *mut Vm, number: u32, code: TraceCode) -> u64 {
    // SAFETY: the interpreter passes its machine, a trace and its code, as it would call it; it keeps no reference to the machine meanwhile.
    unsafe {
        let Some(e) = super::engine(&*vm) else { return code(vm, (*vm).base) };
        if !is_wanted(e, number) {
            return within(vm, e, code);
        }
        let known = Known::new(&*vm);
        let (Some((theirs, pipe)), Some((answer, to_us))) = (channel(), channel()) else { return code(vm, (*vm).base) };
        match libc::fork() {
            -1 => code(vm, (*vm).base),
            0 => {
                drop((pipe, answer));
                become_twin(&mut *vm, e, theirs, to_us, known);
                NOT_ENTERED
            }
            child => {
                drop((theirs, to_us));
                let open = turn(e, PASS, FAIL);
                let depth = (*vm).jit.depth;
                e.stress().check =
                    Some(Check { child, known, pipe, answer, depth, start: stdlib::clock(), root: number });
                let next = code(vm, (*vm).base);
                let Some(e) = super::engine(&*vm) else { return next };
                turn(e, FAIL, PASS);
                let failed = open.saturating_sub(turn(e, PASS, PASS));
                if let Some(c) = e.stress().check.take() {
                    // It was left otherwise: by an error, or into a function that a builtin calls.
                    c.end();
                }
                let root = e.stress().roots.entry(number).or_default();
                root.idle = if failed == 0 { root.idle + 1 } else { 0 };
                root.skip = (1 << root.idle.min(12)) - 1;
                next
            }
        }
    }
}

/// Enters a trace without a comparison of its own.
unsafe fn within(vm: *mut Vm, e: &mut Engine, code: TraceCode) -> u64 {
    // SAFETY: as `around`.
    unsafe {
        if e.stress().check.is_none() {
            return code(vm, (*vm).base);
        }
        turn(e, FAIL, PASS);
        let next = code(vm, (*vm).base);
        if let Some(e) = super::engine(&*vm) {
            turn(e, PASS, FAIL);
        }
        next
    }
}

fn is_wanted(e: &mut Engine, number: u32) -> bool {
    let published = e.stress().published;
    if e.stress().check.is_some() {
        return false;
    }
    let root = e.stress().roots.entry(number).or_default();
    if root.done_at == Some(published) {
        return false;
    }
    if root.skip > 0 {
        root.skip -= 1;
        return false;
    }
    if !is_open(e, number) {
        e.stress().roots.entry(number).or_default().done_at = Some(published);
        return false;
    }
    true
}

/// Makes a pipe: the reading and the writing end.
fn channel() -> Option<(File, File)> {
    let mut fds = [0; 2];
    // SAFETY: the array has room for two descriptors, which are new, and ours.
    unsafe {
        (libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) == 0)
            .then(|| (File::from(OwnedFd::from_raw_fd(fds[0])), File::from(OwnedFd::from_raw_fd(fds[1]))))
    }
}

impl Check {
    /// Ends a comparison that came to nothing, or reads its verdict.
    fn end(self) -> (u8, String) {
        drop(self.pipe);
        let mut answer = self.answer;
        let mut bytes = Vec::new();
        let read = answer.read_to_end(&mut bytes);
        // SAFETY: a child of this process that nobody else waits for.
        unsafe { libc::waitpid(self.child, std::ptr::null_mut(), 0) };
        match (read, bytes.split_first()) {
            (Ok(_), Some((verdict, text))) => (*verdict, String::from_utf8_lossy(text).into_owned()),
            // It has run to the end of the program.
            _ => (DIFFERS, "the interpreter does not come here before the program's end".into()),
        }
    }
}

/// An exit was restored: has the child compare. Ends the process if the frames differ.
pub(crate) fn compare(vm: &mut Vm, e: &mut Engine, trace: u32, exit: u32) {
    let depth = vm.jit.depth;
    let Some(mut check) = e.stress().check.take_if(|c| c.depth == depth) else { return };
    turn(e, FAIL, PASS);
    let nanoseconds = ((stdlib::clock() - check.start) * 1e9) as u64;
    if e.stress().spoil == 1 {
        // SAFETY: slot 0 of the running frame.
        unsafe { *vm.base = heap::Value::from_num(0.125).0 };
    }
    e.stress().spoil = e.stress().spoil.saturating_sub(1);
    let text = Text::of(vm, vm.pc, &check.known, &mut LiveSlots::default(), None);
    // SAFETY: the running coroutine is live.
    let base = unsafe { vm.base.offset_from((*vm.cur).stack) } as u64;
    let mut message = Vec::with_capacity(text.len() + 32);
    for word in [vm.pc as u64, base, vm.cur as u64, nanoseconds] {
        message.extend_from_slice(&word.to_le_bytes());
    }
    message.extend_from_slice(text.as_bytes());
    // A child that died is seen by its answer.
    let _ = check.pipe.write_all(&message);
    let root = check.root;
    let (verdict, text) = check.end();
    if e.stress().log {
        let name = ["equal", "open", "differs"][usize::from(verdict.min(2))];
        eprintln!(
            "exit stress: trace {trace} exit {exit} (entered at {root}): {name} {}",
            text.lines().next().unwrap_or("")
        );
    }
    if verdict == DIFFERS {
        let place = super::place::upcoming(vm).map_or_else(String::new, super::place::Place::text);
        eprintln!("exit stress: trace {trace} exit {exit} at {place} (entered through {root}): frames differ\n{text}");
        std::process::exit(1);
    }
}

// ---- the child ----

/// Waits for the exit to look for, then prepares the machine to interpret from here.
fn become_twin(vm: &mut Vm, e: &mut Engine, mut theirs: File, to_us: File, known: Known) {
    silence(&[theirs.as_raw_fd(), to_us.as_raw_fd()]);
    let mut bytes = Vec::new();
    let got = theirs.read_to_end(&mut bytes);
    let Some((head, text)) = bytes.split_at_checked(32).filter(|_| got.is_ok()) else { die() };
    let word = |i: usize| u64::from_le_bytes(head[i * 8..i * 8 + 8].try_into().unwrap_or([0; 8]));
    let exit = Exit {
        pc: word(0),
        base: word(1),
        coroutine: word(2),
        nanoseconds: word(3),
        text: String::from_utf8_lossy(text).into_owned(),
    };
    let limit = (exit.nanoseconds * PACE).max(STEPS.start);
    e.stress().twin = Some(Box::new(Twin {
        exit,
        answer: to_us,
        known,
        live: LiveSlots::default(),
        steps: 0,
        limit,
        arrivals: 0,
        best: None,
    }));
    vm.gc_stop(true);
    vm.jit.hot = |_| {};
    vm.jit.record = step;
    vm.jit.abort = lost;
    vm.jit.around = None;
    interp::jit::set_recording(vm, true);
    if !vm.jit.recording {
        finish(vm, OPEN, "the interpreter was wanted elsewhere");
    }
}

/// Ends the child.
fn die() -> ! {
    // SAFETY: ends the process without looking at anything that it shares with its parent.
    unsafe { libc::_exit(0) }
}

/// Makes every open file nothing, but for `keep`.
fn silence(keep: &[i32]) {
    // SAFETY: replaces descriptors of this process; what owns them writes to nowhere from now on.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        for fd in (0..256).filter(|fd| *fd != null && !keep.contains(fd)) {
            if libc::fcntl(fd, libc::F_GETFD) >= 0 {
                libc::dup2(null, fd);
            }
        }
    }
}

fn finish(vm: &Vm, verdict: u8, text: &str) -> ! {
    if let Some(twin) = super::engine(vm).and_then(|e| e.stress().twin.take()) {
        let mut answer = &twin.answer;
        // A parent that is gone does not care.
        let _ = answer.write_all(&[&[verdict], text.as_bytes()].concat());
    }
    die()
}

/// The reference cannot go on: the state was not met.
fn lost(vm: &mut Vm, why: Abort) {
    let Some(twin) = super::engine(vm).and_then(|e| e.stress().twin.as_ref()) else { die() };
    let text = twin.report(&format!("before {}", why.name()));
    finish(vm, DIFFERS, &text)
}

/// An instruction is about to run in the child.
fn step(vm: &mut Vm, insn: u64) {
    let Some(twin) = super::engine(vm).and_then(|e| e.stress().twin.as_mut()) else { die() };
    twin.steps += 1;
    // SAFETY: `pc` is behind the instruction; the running coroutine is live.
    let (pc, base) = unsafe { (vm.pc.sub(1), vm.base.offset_from((*vm.cur).stack) as u64) };
    if insn as u8 > Op::JFUNCV as u8 && insn as u8 != interp::jit::JITERN {
        // SAFETY: at a head, `base` is the frame of its function.
        let id = heap::Value(unsafe { *vm.base.sub(2) }).as_func().map_or(0, |f| unsafe { (*f).id });
        let name = abi::builtins::NAMES.get(id as usize).copied().unwrap_or("");
        if name == "io.file:__gc" {
            let text = twin.report("before the program's end");
            finish(vm, DIFFERS, &text)
        }
        if OUTSIDE.iter().any(|o| name.starts_with(o)) {
            let text = format!("{name} has effects elsewhere");
            finish(vm, OPEN, &text)
        }
        return;
    }
    if pc as u64 == twin.exit.pc && base == twin.exit.base && vm.cur as u64 == twin.exit.coroutine {
        twin.arrivals += 1;
        let text = Text::of(vm, pc, &twin.known, &mut twin.live, Some(&twin.exit.text));
        if text == twin.exit.text {
            let text = format!("after {} instructions", twin.steps);
            finish(vm, EQUAL, &text)
        }
        // Where frames differ the rest was not written.
        let frames = twin.exit.text.lines().take_while(|l| l.starts_with("frame ") || l.starts_with("multiple "));
        let frames: String = frames.flat_map(|l| [l, "\n"]).collect();
        let same_frames = text.starts_with(&frames);
        let found = if same_frames { &twin.exit.text } else { &frames };
        let differs = difference(&text, found);
        // A state whose objects alone differ is nearer than any other.
        let n = differs.lines().count() + if same_frames { 0 } else { text.len() };
        if twin.best.as_ref().is_none_or(|b| n < b.0) {
            twin.best = Some((n, differs));
        }
    }
    if twin.steps >= twin.limit.min(STEPS.end) {
        let text = twin.report(&format!("in {} instructions", twin.steps));
        finish(vm, if twin.limit >= STEPS.end { OPEN } else { DIFFERS }, &text)
    }
}

impl Twin {
    fn report(&self, when: &str) -> String {
        match &self.best {
            Some((_, text)) => {
                let pc = self.exit.text.lines().find(|l| l.starts_with("frame 0 pc")).unwrap_or("");
                format!("{pc}: no state of {} visits {when} is equal; the nearest:\n{text}", self.arrivals)
            }
            None => format!("the interpreter does not come here {when}\n{}", self.exit.text),
        }
    }
}

/// Lists what two states say differently.
fn difference(expected: &str, found: &str) -> String {
    fn entries(text: &str) -> HashMap<&str, &str> {
        text.lines().filter_map(|l| l.split_once(" = ")).collect()
    }
    let (want, have) = (entries(expected), entries(found));
    let mut out = String::new();
    for line in expected.lines() {
        if let Some((key, value)) = line.split_once(" = ")
            && have.get(key) != Some(&value)
        {
            let other = have.get(key).unwrap_or(&"nothing");
            out += &format!("  {key}: expected {value}, found {other}\n");
        }
    }
    for line in found.lines() {
        if let Some((key, value)) = line.split_once(" = ")
            && !want.contains_key(key)
        {
            out += &format!("  {key}: expected nothing, found {value}\n");
        }
    }
    out
}

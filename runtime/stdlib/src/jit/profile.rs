//! The sampling profiler: `jit.profile`, and what `-jp` and `kiln explain` build on.
//!
//! A timer of processor time ticks (`sys::ticks`). A tick makes the machine look before its next instruction, and compiled code leave
//! at its next check, so loops that are compiled are seen, too. What is seen then is one [`Sample`]: the running coroutine with all its
//! frames, and the state at the moment of the tick.
//!
//! State: `N` compiled code, by the address the signal interrupted; `G` the collector; `J` a recording is under way; `C` a builtin, if the
//! machine had a frame above the one that runs now; `I` else.

use super::JitState;
use super::events;
use super::report::Report;
use crate::register::registry_table;
use crate::sys::ticks;
use heap::{Raise, Thread, Val, Value, Vm};
use interp::{Cx, Ret, debug};

/// Default interval.
const INTERVAL: u32 = 10;
/// Where the registry keeps the callback.
const CALLBACK: &str = "_PROFILER";

/// What a tick found.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Ticks since the last sample.
    pub count: u32,
    /// `N`, `I`, `C`, `G` or `J`.
    pub state: u8,
    /// The trace that ran.
    pub trace: Option<u32>,
}

/// Who gets the samples.
#[derive(Default)]
enum Sink {
    #[default]
    Nobody,
    Callback,
    Report(Box<Report>),
    Native(fn(&mut Vm, Sample)),
}

/// State of the profiler.
#[derive(Default)]
struct Profiler {
    sink: Sink,
    /// While the callback runs: slot 0 of the frame that was interrupted.
    interrupted: Option<u32>,
}

/// Starts the profiler for `sink`, which is told of every sample before an instruction is run.
pub fn start_native(vm: &mut Vm, milliseconds: u32, sink: fn(&mut Vm, Sample)) {
    start(vm, milliseconds, Sink::Native(sink));
}

/// Starts the profiler for a report.
pub(super) fn start_report(vm: &mut Vm, milliseconds: u32, report: Report) {
    start(vm, milliseconds, Sink::Report(Box::new(report)));
}

fn start(vm: &mut Vm, milliseconds: u32, sink: Sink) {
    ticks::stop();
    vm.host::<Profiler>().sink = sink;
    ticks::start(vm, milliseconds);
}

/// Stops the profiler; returns the report, if there was one.
pub(super) fn stop(vm: &mut Vm) -> Option<Report> {
    ticks::stop();
    match std::mem::take(&mut vm.host::<Profiler>().sink) {
        Sink::Report(report) => Some(*report),
        _ => None,
    }
}

/// Stops the profiler without a report.
pub fn stop_native(vm: &mut Vm) {
    stop(vm);
}

/// Looks for ticks; `top` is the end of the running frame.
pub(super) fn look(vm: &mut Vm, top: &mut *mut u64) {
    let Some(t) = ticks::take() else { return };
    let compiler = vm.host::<JitState>().compiler;
    let trace = compiler.and_then(|c| c.trace_at(vm, t.address));
    let state = if trace.is_some() {
        b'N'
    } else if t.collecting {
        b'G'
    } else if compiler.is_some_and(|c| c.is_recording(vm)) {
        b'J'
    } else if t.base > vm.base as u64 {
        b'C'
    } else {
        b'I'
    };
    let sample = Sample { count: t.count, state, trace };
    match std::mem::take(&mut vm.host::<Profiler>().sink) {
        Sink::Nobody => {}
        Sink::Callback => {
            vm.host::<Profiler>().sink = Sink::Callback;
            if vm.host::<Profiler>().interrupted.is_none() {
                call_back(vm, top, sample);
            }
        }
        Sink::Report(mut report) => {
            report.take(vm, sample);
            vm.host::<Profiler>().sink = Sink::Report(report);
        }
        Sink::Native(f) => {
            vm.host::<Profiler>().sink = Sink::Native(f);
            f(vm, sample);
        }
    }
}

fn call_back(vm: &mut Vm, top: &mut *mut u64, sample: Sample) {
    // As in LuaJIT: what the callback does is nothing to record.
    if let Some(compiler) = vm.host::<JitState>().compiler {
        compiler.give_up(vm, abi::abort::Abort::Hook);
    }
    let thread = debug::current_thread(vm);
    let Ok(state) = vm.str(&[sample.state]) else { return };
    let Ok(f) = callback(vm) else { return };
    let arguments = [thread.val().raw(), Value::from_num(sample.count.into()), state.val().raw()];
    let base = debug::frame(vm, thread, 0).map_or(0, |f| f.base);
    vm.host::<Profiler>().interrupted = Some(base);
    if f.is_func() {
        events::call(vm, top, f, &arguments);
    }
    vm.host::<Profiler>().interrupted = None;
}

fn callback(vm: &Vm) -> Result<Value, Raise> {
    Ok(registry_table(vm, CALLBACK)?.get_int(1).raw())
}

// ---- jit.profile ----

pub(super) fn profile_start(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let mode = cx.opt_str(0)?.map_or_else(Vec::new, |s| s.bytes().to_vec());
    let f = cx.check_func(1)?;
    registry_table(cx.vm(), CALLBACK)?.set_int(cx.vm(), 1, f.val())?;
    start(cx.vm_mut(), interval(&mode), Sink::Callback);
    cx.ret0()
}

/// Returns the interval that a mode such as `fi5` has.
pub(super) fn interval(mode: &[u8]) -> u32 {
    let Some(at) = mode.iter().position(|c| *c == b'i') else { return INTERVAL };
    let digits = mode[at + 1..].iter().take_while(|c| c.is_ascii_digit());
    let n = digits.fold(0u32, |n, c| n.saturating_mul(10).saturating_add(u32::from(c - b'0')));
    if n == 0 { INTERVAL } else { n.min(3_600_000) }
}

pub(super) fn profile_stop(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    stop(cx.vm_mut());
    registry_table(cx.vm(), CALLBACK)?.set_int(cx.vm(), 1, Val::NIL)?;
    cx.ret0()
}

pub(super) fn profile_dumpstack(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let given = cx.arg(0).as_thread();
    let first = u32::from(given.is_some());
    let format = cx.check_str(first)?.bytes().to_vec();
    let depth = cx.check_int(first + 1)?;
    let current = debug::current_thread(cx.vm());
    let thread = given.unwrap_or(current);
    let interrupted = cx.vm().host_ref::<Profiler>().and_then(|p| p.interrupted);
    // The callback runs above what it was called for.
    let skip = if thread.val().raw_eq(current.val()) { interrupted } else { None };
    let text = dump_stack(cx.vm(), thread, &format, depth, skip);
    cx.ret_str(&text)
}

/// Returns the frames of a coroutine as text: LuaJIT's `profile.dumpstack`. Frames above the one at slot `skip` are left out.
pub(super) fn dump_stack(vm: &Vm, thread: Thread<'_>, format: &[u8], depth: i32, skip: Option<u32>) -> Vec<u8> {
    let mut first = 0;
    if let Some(base) = skip {
        while debug::frame(vm, thread, first).is_some_and(|f| f.base > base) {
            first += 1;
        }
    }
    let n = depth.unsigned_abs();
    let mut text = Vec::new();
    let mut keep = 0;
    let mut show = |level: u32| {
        let Some(frame) = debug::frame(vm, thread, first + level) else { return false };
        let end = put_frame(vm, &frame, format, &mut text);
        keep = end.unwrap_or(text.len());
        true
    };
    if depth >= 0 {
        let _ = (0..n).all(&mut show);
    } else {
        for level in (0..n).rev() {
            let _ = show(level);
        }
    }
    text.truncate(keep);
    text
}

/// Writes a frame; returns where `Z` stood: behind the last frame that is the end.
fn put_frame(vm: &Vm, frame: &debug::Frame<'_>, format: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let info = debug::func_info(frame.func);
    let (mut full, mut end) = (false, None);
    let module = |full: bool| match info.source {
        [b'=' | b'@', name @ ..] => {
            let start =
                if full { 0 } else { name.iter().rposition(|c| matches!(c, b'/' | b'\\')).map_or(0, |i| i + 1) };
            name[start..].to_vec()
        }
        _ => b"[string]".to_vec(),
    };
    for &c in format {
        match c {
            b'p' => full = true,
            b'f' | b'F' | b'l' => {
                if c != b'l'
                    && let Some((_, name)) = debug::frame_name(vm, frame)
                {
                    if c == b'F' && frame.func.is_lua() {
                        text.extend_from_slice(&module(full));
                        text.push(b':');
                    }
                    text.extend_from_slice(&name);
                } else if frame.func.is_lua() {
                    let line = if c == b'l' { debug::current_line(frame).unwrap_or(0) as i32 } else { info.first_line };
                    text.extend_from_slice(&module(full));
                    text.extend_from_slice(format!(":{line}").as_bytes());
                } else if frame.func.builtin_id() != 0 {
                    text.extend_from_slice(format!("[builtin#{}]", frame.func.builtin_id()).as_bytes());
                } else {
                    let address = frame.func.val().address().unwrap_or(0);
                    text.extend_from_slice(format!("@{address:#x}").as_bytes());
                }
            }
            b'Z' => end = Some(text.len()),
            c => text.push(c),
        }
    }
    end
}

//! What happens in the compiler, told to whoever wants to know: the program's handlers, `-jv`, `-jdump`, `kiln explain`, perf and gdb.
//!
//! The engine calls the methods of [`Watch`] at the points where something happened. Reports written in Rust are written at once; for the program
//! plain data goes into a queue (`stdlib::jit::events`), which is emptied once no recording is under way.
//!
//! Invariant: nothing here changes what the compiler does.

use super::dump::Dump;
use super::engine::{Engine, Live, Origin};
use super::explain::Stats;
use super::gdb::Gdb;
use super::perf::{self, PerfMap};
use super::place::{self, Place};
use super::report;
use abi::abort::Abort;
use abi::exit::ExitState;
use bytecode::{Ins, Op};
use heap::{Value, Vm};
use ir::Trace;
use ir::tree::Compiled;
use jit::record::Recorder;
use stdlib::io::Shared;
use stdlib::jit::events::{self, Event, wants};

/// Name of the code that all exits share, for other programs.
const EXIT: &str = "TRACE_EXIT";

/// Who watches.
#[derive(Default)]
pub(crate) struct Watch {
    /// What handlers of the program want.
    pub wanted: u8,
    /// `-jv`
    pub verbose: Option<Shared>,
    /// `-jdump`
    pub dump: Option<Box<Dump>>,
    /// `kiln explain`
    pub stats: Option<Box<Stats>>,
    /// `--profile-out`
    pub profile: Option<Box<super::profile::Output>>,
    /// `KILN_PERF=map`
    pub perf: Option<PerfMap>,
    /// `KILN_GDB=1`
    pub gdb: Option<Gdb>,
    /// The recording under way.
    current: Option<Current>,
    /// The last recording that was given up, while its event is told.
    pub aborted: Option<(u32, Trace)>,
}

/// A recording under way.
struct Current {
    number: u32,
    parent: Option<(u32, u32)>,
    start: String,
}

impl Watch {
    /// Makes one with what the environment asks for.
    pub fn from_environment() -> Watch {
        let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|v| v == value);
        Watch {
            perf: is("KILN_PERF", "map").then(PerfMap::open).flatten(),
            gdb: is("KILN_GDB", "1").then(Gdb::default),
            ..Watch::default()
        }
    }

    /// The code that all exits share lies at an address.
    pub fn shares_exit(&mut self, at: u64, code: &[u8]) {
        if let Some(perf) = &mut self.perf {
            perf.add(EXIT, (at, code.len()));
        }
        if let Some(gdb) = &mut self.gdb {
            gdb.add_exit(EXIT, at, code);
        }
    }

    /// Says whether instructions that are recorded are watched.
    pub fn wants_instructions(&self) -> bool {
        self.wanted & wants::RECORD != 0 || self.dump.as_ref().is_some_and(|d| d.mode.has('b'))
    }

    /// Says whether exits may concern anybody.
    #[inline]
    pub fn is_curious(&self) -> bool {
        self.wanted != 0 || self.dump.is_some()
    }

    /// Says whether exits are watched.
    pub fn wants_exits(&self) -> bool {
        self.wanted & wants::EXIT != 0 || self.dump.as_ref().is_some_and(|d| d.mode.has('x') || d.mode.has('X'))
    }

    fn wants_traces(&self) -> bool {
        self.wanted & (wants::TRACE | wants::RECORD) != 0
            || self.verbose.is_some()
            || self.dump.is_some()
            || self.stats.is_some()
    }

    /// A recording begins.
    pub fn began(&mut self, vm: &mut Vm, number: u32, at: Place, parent: Option<(u32, u32)>) {
        if !self.wants_traces() {
            return;
        }
        let start = at.text();
        if let Some(dump) = &mut self.dump {
            dump.start(number, parent, &start);
        }
        self.current = Some(Current { number, parent, start });
        if self.wanted & wants::TRACE != 0 {
            events::post(vm, Event::Start { trace: number, at: (at.func, at.pc.unwrap_or(0)), parent });
        }
    }

    /// An instruction is about to be recorded.
    pub fn instruction(&mut self, vm: &mut Vm, depth: u32) {
        let Some(current) = &self.current else { return };
        let func = place::running(vm);
        let pc = place::proto_of(func).map(|p| {
            // SAFETY: `pc` is behind an instruction of the running function's prototype.
            unsafe { vm.pc.offset_from(heap::ProtoObj::bc(p)) as u32 - 1 }
        });
        if let Some(dump) = &mut self.dump {
            dump.instruction(vm, func, pc, depth);
        }
        if self.wanted & wants::RECORD != 0 {
            events::post(vm, Event::Record { trace: current.number, at: (func, pc), depth });
        }
    }

    /// A recording was given up; `recorder` has got that far.
    pub fn aborted(&mut self, vm: &mut Vm, why: Abort, origin: Option<Origin>, recorder: Option<&Recorder>) {
        let Some(current) = self.current.take() else { return };
        let at = place::innermost(vm).unwrap_or(Place { func: place::running(vm), pc: None });
        let what = culprit(vm, why);
        let message = report::message(why, what);
        if let Some(out) = &self.verbose {
            report::write(out, &report::abort_line(current.parent, &current.start, &message, &at));
        }
        if let Some(dump) = &mut self.dump {
            dump.abort(current.number, &at.text(), &message, recorder.map(Recorder::trace));
        }
        if let (Some(stats), Some(origin)) = (&mut self.stats, origin) {
            stats.aborted(vm, origin, why, what, &at);
        }
        if self.wanted & wants::TRACE != 0 {
            self.aborted = recorder.map(|r| (current.number, r.trace().clone()));
            let at = (at.func, at.pc.unwrap_or(0));
            let message = what.map(|_| message);
            events::post(vm, Event::Abort { trace: current.number, at, why, message });
        }
    }

    /// A hot place is not to be recorded at all.
    pub fn refused(&mut self, vm: &mut Vm, origin: Origin, why: Abort) {
        let at = place::innermost(vm);
        if let (Some(stats), Some(at)) = (&mut self.stats, at) {
            stats.aborted(vm, origin, why, None, &at);
        }
    }

    /// All traces are about to be freed.
    pub fn flushed(&mut self, vm: &mut Vm, traces: &[Option<Box<Live>>], entries: &[heap::vm::TraceEntry]) {
        if let Some(out) = &self.verbose {
            report::write(out, "[TRACE flush]\n");
        }
        if let Some(dump) = &mut self.dump {
            dump.flush();
        }
        if let Some(stats) = &mut self.stats {
            stats.flushed(traces, entries);
        }
        if let Some(gdb) = &mut self.gdb {
            gdb.forget_all();
        }
        if self.wanted & wants::TRACE != 0 {
            events::post(vm, Event::Flush);
        }
    }

    /// A trace is about to be freed because room is short.
    pub fn freed(&mut self, number: u32, live: &Live, entry: Option<&heap::vm::TraceEntry>) {
        if let Some(out) = &self.verbose {
            report::write(out, &format!("[TRACE {number:3} freed]\n"));
        }
        if let Some(stats) = &mut self.stats {
            stats.freed(number, live, entry);
        }
        if let Some(gdb) = &mut self.gdb {
            gdb.forget(number);
        }
    }

    /// The collector is about to free prototypes that are not alive.
    pub fn sweep(&mut self, alive: &dyn Fn(u64) -> bool) {
        if let Some(stats) = &mut self.stats {
            stats.sweep(alive);
        }
    }

    /// Says whether anybody is to be told of precompiled trees.
    pub fn wants_bound(&self) -> bool {
        self.verbose.is_some() || self.dump.is_some() || self.stats.is_some()
    }

    /// A precompiled tree is used from now on: it was entered, or something that links to it.
    pub fn bound(
        &mut self,
        vm: &Vm,
        number: u32,
        live: &Live,
        linktype: &str,
        whole: &Compiled,
        code: Option<(&[u8], u64)>,
    ) {
        if !self.wants_bound() {
            return;
        }
        let tree = &whole.tree;
        let start = place::text(live.place.0 as *const heap::ProtoObj, live.place.1);
        let link = report::link(number, live.trace.link);
        if let Some(out) = &self.verbose {
            report::write(out, &report::bound_line(number, &start, linktype, link, tree.branches.len()));
        }
        if let Some(dump) = &mut self.dump {
            dump.bound(number, &start, whole, code, linktype);
        }
        if let Some(stats) = &mut self.stats {
            stats.bound(vm, live.place, number, tree.branches.len() as u32 - 1);
        }
    }

    /// Whether somebody wants to see the code of precompiled trees.
    pub fn shows_code(&self) -> bool {
        self.dump.as_ref().is_some_and(|d| d.mode.has('m'))
    }

    /// A precompiled tree is not used.
    pub fn unused(&self, key: &dyn std::fmt::Display, why: &str) {
        if let Some(out) = &self.verbose {
            report::write(out, &format!("[TRACE --- precompiled {key} not used -- {why}]\n"));
        }
    }

    /// An exit was taken. Precompiled code has no registers to show.
    pub fn left(&mut self, vm: &mut Vm, trace: u32, exit: u32, state: Option<&ExitState>) {
        if let Some(dump) = &mut self.dump {
            dump.exit(trace, exit, state);
        }
        if self.wanted & wants::EXIT != 0 {
            let (mut gpr, mut fpr) = (Box::new([0; 16]), Box::new([0; 16]));
            if let Some(state) = state {
                gpr.copy_from_slice(&state.gpr[..16]);
                fpr.copy_from_slice(&state.fpr[..16]);
            }
            events::post(vm, Event::Exit { from: (trace, exit), gpr, fpr });
        }
    }
}

impl Engine {
    /// A trace was published.
    pub(crate) fn stopped(&mut self, vm: &mut Vm, number: u32, origin: Origin) {
        let current = self.watch.current.take();
        let Some(Some(live)) = self.traces.get(number as usize) else { return };
        if let Some(perf) = &mut self.watch.perf {
            perf.add(&perf::name(number, live), live.code);
        }
        if let Some(gdb) = &mut self.watch.gdb {
            gdb.add(number, &perf::name(number, live), live.code);
        }
        if !self.watch.wants_traces() {
            return;
        }
        let Some(mut current) = current else { return };
        current.number = number;
        let mut at = place::innermost(vm).unwrap_or(Place { func: place::running(vm), pc: None });
        let (linktype, link) = (live.link_type(&self.names.borrow(), vm), report::link(number, live.trace.link));
        if linktype == "stitch"
            && let Some(func) = called_builtin(vm)
        {
            at = Place { func, pc: None };
        }
        if let Some(out) = &self.watch.verbose {
            report::write(out, &report::stop_line(number, current.parent, &current.start, linktype, link, &at));
        }
        if let Some(dump) = &mut self.watch.dump {
            dump.stop(number, live, linktype, link, &self.env);
        }
        if let Some(stats) = &mut self.watch.stats {
            stats.stopped(vm, origin, number, live.root);
        }
        if self.watch.wanted & wants::TRACE != 0 {
            events::post(vm, Event::Stop { trace: number, at: (at.func, at.pc.unwrap_or(0)) });
        }
    }
}

impl Live {
    /// Returns LuaJIT's word for how the trace ends.
    pub(crate) fn link_type(&self, names: &super::view::Names, vm: &Vm) -> &'static str {
        let trace = self.trace.unpack();
        let pc = trace.snaps.last().and_then(|s| s.pc).and_then(|r| trace.as_const(r));
        let last = match pc {
            Some(ir::Const::Pc(key, pc)) => names.proto(*key).and_then(|p| {
                // SAFETY: prototypes with names are live, and the index is one of its instructions.
                Ins(unsafe { interp::original_ins(vm, p, *pc) }).op()
            }),
            _ => None,
        };
        report::link_type(&trace, last)
    }
}

/// Names what could not be compiled: the builtin that is called, or the instruction.
pub(super) fn culprit(vm: &Vm, why: Abort) -> Option<&'static str> {
    if !matches!(why, Abort::NyiOp | Abort::NyiBuiltin | Abort::NyiArgs | Abort::Coroutine) {
        return None;
    }
    let func = place::running(vm);
    if let Some(name) = place::builtin_name(func) {
        return Some(name);
    }
    match called_builtin(vm) {
        Some(builtin) => place::builtin_name(builtin),
        None => running_instruction(vm)?.op().map(Op::name),
    }
}

/// Returns the instruction that a Lua function runs.
fn running_instruction(vm: &Vm) -> Option<Ins> {
    place::proto_of(place::running(vm))?;
    // SAFETY: a Lua function runs: `pc` is behind an instruction.
    Some(Ins(interp::jit::original(vm, unsafe { *vm.pc.sub(1) })))
}

/// Returns the builtin that the running instruction calls.
fn called_builtin(vm: &Vm) -> Option<Value> {
    let ins = running_instruction(vm)?;
    if !matches!(ins.op()?, Op::CALL | Op::CALLM | Op::CALLT | Op::CALLMT | Op::ITERC) {
        return None;
    }
    // SAFETY: an operand of verified bytecode is a slot of the running frame.
    let called = unsafe { Value(*vm.base.add(ins.a().into())) };
    place::builtin_name(called).map(|_| called)
}

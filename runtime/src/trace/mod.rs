//! The live trace compiler at work: hot places, recordings, traces, exits.
//!
//! The interpreter and the collector call in by `heap::vm::JitHooks`: a counter ran out ([`hot`]), an instruction is about to run while
//! recording ([`record`]), something disturbed a recording ([`disturbed`]), roots are marked ([`mark`]), objects are about to be freed ([`sweep`]).
//! Compiled code calls in at its exits ([`leave`]). All of them work on one [`Engine`].
//!
//! Invariant: nothing here runs Lua code or collects.
//! Invariant: a recording is a transaction. Everything that can fail happens before [`Engine::publish`], which cannot; until then the program
//! sees nothing.

pub mod aot;
mod bind;
mod commit;
mod dump;
mod engine;
mod events;
pub mod explain;
mod gdb;
mod inject;
mod kept;
mod lifecycle;
pub mod object;
mod peers;
mod penalty;
mod perf;
mod place;
mod policy;
pub mod profile;
mod rebuild;
mod reflect;
mod report;
mod stress;
mod view;

use abi::abort::Abort;
use abi::exit::{ExitState, outcome};
use engine::{Engine, State};
use heap::{Value, Vm};
use jit::backend::LIVE;
use stdlib::jit::JitState;

/// Gives a machine its trace compiler; without `wanted`, or without a backend for this CPU, what runs precompiled code. The error, in what the
/// environment asks for, is a message.
pub fn install(vm: &mut Vm, wanted: bool) -> Result<(), String> {
    let inject = inject::Inject::from_environment()?;
    let live = LIVE && wanted;
    let engine = Engine::new(inject, live);
    stdlib::jit::events::grow_by(vm, engine.params.growth.clone());
    vm.jit.data = Box::into_raw(engine).cast();
    if live {
        vm.jit.hot = hot;
        vm.jit.record = record;
        vm.jit.abort = disturbed;
    }
    vm.jit.mark = mark;
    vm.jit.sweep = sweep;
    let state: &mut JitState = vm.host();
    state.available = live;
    state.changed = Some(changed);
    state.flush = Some(flush);
    state.compiler = Some(&reflect::REFLECTION);
    changed(vm);
    Ok(())
}

/// Has events delivered that wait for the program's handlers.
pub(crate) fn announce(vm: &mut Vm) {
    if stdlib::jit::events::are_waiting(vm) {
        interp::jit::announce(vm);
    }
}

/// Gives up what is being recorded.
pub(crate) fn give_up(vm: &mut Vm, why: Abort) {
    if let Some(e) = engine(vm) {
        e.give_up(vm, why);
    }
    if vm.jit.recording {
        interp::jit::set_recording(vm, false);
    }
    announce(vm);
}

/// Makes the choices of the compiler that are random follow from `seed`.
pub fn set_seed(vm: &mut Vm, seed: u32) {
    if let Some(e) = engine(vm) {
        e.penalties.seed(seed);
    }
}

/// Makes every guard of every trace fail at least once. The error is a message: this build cannot.
pub fn set_stress(vm: &mut Vm) -> Result<(), &'static str> {
    if !stress::IS_HERE {
        return Err("-Jexit=stress needs a kiln that was built with debug assertions");
    }
    if let Some(e) = engine(vm) {
        e.params.stress = true;
        stress::install(vm, e);
    }
    Ok(())
}

/// Returns the engine of a machine.
pub(crate) fn engine<'e>(vm: &Vm) -> Option<&'e mut Engine> {
    // SAFETY: `install` put it there, and it lives as long as the machine; the functions of this module do not hold it across calls
    // that come back here.
    unsafe { vm.jit.data.cast::<Engine>().as_mut() }
}

/// Options or switches have changed.
fn changed(vm: &mut Vm) {
    let state: &JitState = vm.host();
    let on = state.on && state.available;
    let state = state.clone();
    if let Some(e) = engine(vm) {
        e.configure(&state);
        let times = e.params.hotloop.saturating_mul(e.root_patience()).clamp(1, 30_000);
        vm.jit.hotloop = (times * 2) as u16 - 1;
        vm.jit.hotcall = vm.jit.hotloop;
    }
    if !on {
        give_up(vm, Abort::Flushed);
    }
    vm.jit.hotcount.fill(vm.jit.hotloop);
    interp::jit::set_jit(vm, on);
}

/// Frees all traces.
fn flush(vm: &mut Vm) {
    give_up(vm, Abort::Flushed);
    if let Some(e) = engine(vm) {
        e.flush(vm);
        announce(vm);
    }
}

/// A counter ran out: begins a recording.
fn hot(vm: &mut Vm) {
    let Some(e) = engine(vm) else { return };
    if e.prepare_root(vm) {
        begin_recording(vm);
    }
}

/// Has instructions shown from now on; where somebody else looks at them (a hook), what was to be recorded is given up.
fn begin_recording(vm: &mut Vm) {
    interp::jit::set_recording(vm, true);
    if !vm.jit.recording {
        give_up(vm, Abort::Hook);
    }
}

/// An instruction is about to run.
fn record(vm: &mut Vm, _insn: u64) {
    let Some(e) = engine(vm) else { return };
    if e.inject.is_some() {
        if e.injected(inject::Point::Hook) {
            return give_up(vm, Abort::Hook);
        }
        if e.injected(inject::Point::Event) {
            return flush(vm);
        }
    }
    if !e.step(vm) {
        interp::jit::set_recording(vm, false);
        announce(vm);
    }
}

/// A recording was disturbed; the interpreter switches it off.
fn disturbed(vm: &mut Vm, why: Abort) {
    if let Some(e) = engine(vm) {
        e.give_up(vm, why);
        if stdlib::jit::events::are_waiting(vm) {
            // The interpreter looks once it has left the recording.
            vm.jit.pending.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

/// Roots of traces.
fn mark(vm: &Vm, visit: &mut dyn FnMut(Value)) -> usize {
    engine(vm).map_or(0, |e| e.mark(vm, visit))
}

/// Objects are about to be freed.
fn sweep(vm: &Vm, alive: &dyn Fn(u64) -> bool) {
    if let Some(e) = engine(vm) {
        e.sweep(alive);
    }
}

/// Makes room for `slots` slots above `base`, a frame of the running coroutine, if the stack may grow so far.
///
/// # Safety
/// The machine's frame is at or above `base`.
unsafe fn make_room(vm: &mut Vm, base: *mut u64, slots: i32) {
    // SAFETY: both are in the running coroutine's stack.
    unsafe {
        let height = vm.base.offset_from(base) as i32;
        let from = vm.base;
        let need = (slots - height).max(0) as u32;
        let used = from.offset_from((*vm.cur).stack) as u32;
        if used + need <= heap::stack::MAX && heap::stack::ensure(vm, from, need).is_err() {
            vm.error.set(Value::NIL);
        }
    }
}

/// An exit of compiled code: restores the frames and answers how to go on.
///
/// # Safety
/// Called by the exit stubs of traces of the running machine, with their registers.
pub(crate) unsafe extern "C" fn leave(
    vm: *mut Vm,
    state: *mut ExitState,
    trace: u32,
    exit: u32,
    base: *mut u64,
) -> u64 {
    // SAFETY: the stub passes the machine, registers and base; no other reference to the machine is in use in compiled code.
    unsafe {
        let vm = &mut *vm;
        let Some(e) = engine(vm) else { return outcome::FAIL };
        if let Some(outcome) = e.leave_quickly(vm, &*state, trace, exit, base) {
            return outcome;
        }
        let quiet = is_quiet(vm);
        let mut map = std::mem::take(&mut e.map);
        let ok = e.unpack(trace, exit, &mut map).is_some() && heap::deopt::restore(vm, base, &*state, &map).is_ok();
        e.map = map;
        if !ok {
            return outcome::FAIL;
        }
        if e.is_stressed() {
            stress::compare(vm, e, trace, exit);
        }
        let slots = e.slots(trace);
        if exit == 0 && (vm.stack_max as usize).saturating_sub(base as usize) / 8 < slots as usize {
            // It was the check for room. Where there is none the interpreter will say so, at the call that needs it.
            make_room(vm, base, slots);
            return outcome::NEXT;
        }
        look_at_exit(vm, e, quiet, (trace, exit), Some(&*state));
        outcome::NEXT
    }
}

/// Says whether compiled code was left for no other reason than its own.
fn is_quiet(vm: &Vm) -> bool {
    vm.heap.due.get() == 0 && vm.heap.attention.get() == 0
}

/// An exit (of a trace) has restored the frames: tells who wants to know, counts it, and begins a side trace if it is hot. Registers are there if
/// the code is live.
fn look_at_exit(vm: &mut Vm, e: &mut Engine, quiet: bool, (trace, exit): (u32, u32), registers: Option<&ExitState>) {
    if e.watch.wants_exits() {
        e.watch.left(vm, trace, exit, registers);
    }
    if !quiet {
        e.leaves(vm, trace);
    }
    if !quiet && let Some(stats) = &mut e.watch.stats {
        stats.interrupted(trace);
    }
    let wanted = e.watch.wanted != 0;
    if quiet && e.count_exit(vm, trace, exit) {
        begin_recording(vm);
    }
    if wanted {
        announce(vm);
    }
}

/// Says whether a recording is under way.
pub fn is_recording(vm: &Vm) -> bool {
    engine(vm).is_some_and(|e| !matches!(e.state, State::Idle))
}

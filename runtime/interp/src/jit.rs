//! Where the interpreter and the trace compiler meet: hot counters, recording, entering compiled code.
//!
//! The compiler is not known here; it sets the functions and the trace table of `heap::vm::JitHooks`. Three dispatch tables exist
//! besides the plain one: with counting rows ([`set_jit`]), with [`recorded`] in every row ([`set_recording`]), and the hooks' own, which
//! takes precedence over both. So a program without the compiler runs exactly the handlers it would run if there were none.
//!
//! An instruction that has a trace is overwritten by its J form, whose `D` is the trace's number. The handler of a J form does the
//! instruction's own work and enters the trace. Whoever must not enter (hooks, a recording, a trace without code) runs the instruction that
//! was replaced ([`original`]). `ITERN` needs its operands when it calls, so its J form is [`JITERN`], which keeps them: its `C` is
//! the index of a small table of trace numbers (`JitHooks::next_loops`).
//!
//! Compiled code answers with a step. It may answer "go on" at an instruction whose J form would enter a trace that begins with that very
//! instruction (`ITERN`, returns): then the replaced instruction runs once, so that the program gets on.
//!
//! What the handlers here call is never inlined: a local whose address is taken would turn their jumps into calls.
//!
//! Invariant: calls are never overwritten, since returns read them.
//! Invariant: bytecode is overwritten only through [`patch`] and [`unpatch`].

use crate::dispatch::{Step, constants_of};
use crate::ops::HANDLERS;
use crate::ops::call::{hot_FUNCF, hot_FUNCV};
use crate::ops::loops::{KEY_INDEX, hot_FORL, hot_ITERL, hot_ITERN, hot_LOOP};
use abi::abort::Abort;
use abi::exit::outcome;
use bytecode::{Ins, Op};
use heap::vm::{Handler, JitHooks, TraceCode, TraceEntry};
use heap::{ProtoObj, Value, Vm};
use std::sync::atomic::Ordering;

/// Opcode of the instruction that replaces an `ITERN` with a trace; `bytecode` does not know it.
pub const JITERN: u8 = 255;

/// Rows of the dispatch table that count.
const COUNTING: [(Op, Handler); 6] = [
    (Op::FORL, hot_FORL),
    (Op::ITERL, hot_ITERL),
    (Op::ITERN, hot_ITERN),
    (Op::LOOP, hot_LOOP),
    (Op::FUNCF, hot_FUNCF),
    (Op::FUNCV, hot_FUNCV),
];

/// Builtins that switch coroutines.
const SWITCHING: [u32; 3] = [
    abi::builtins::number("coroutine.resume"),
    abi::builtins::number("coroutine.wrap_aux"),
    abi::builtins::number("coroutine.yield"),
];

/// Goes on behind compiled code, which is called as any function; mostly in the machine's frame.
macro_rules! go_on {
    ($answer:expr, $vm:expr) => {{
        let answer = $answer;
        if answer == outcome::NEXT {
            let base = (*$vm).base;
            next!(base, (*$vm).pc, $vm, constants_of(base))
        }
        jump!(left_trace, std::ptr::null_mut(), std::ptr::null(), answer, $vm, std::ptr::null())
    }};
}

handlers! {
    /// Tells of a hot loop, then does its instruction.
    #[cold]
    #[inline(never)]
    fn hot_loop(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        loop_is_hot(&mut *vm, insn as u32);
        let base = (*vm).base;
        let h = HANDLERS[insn as u8 as usize];
        jump!(h, base, pc, insn, vm, constants_of(base))
    }
    /// Tells of a hot function, then does its head.
    #[cold]
    #[inline(never)]
    fn hot_call(base, pc, insn, vm, k) {
        spill!(vm, base, pc);
        call_is_hot(&mut *vm, insn);
        let h = HANDLERS[insn as u8 as usize];
        jump!(h, (*vm).base, pc, insn, vm, k)
    }
    /// Shows the instruction to the recorder, then does it.
    #[inline(never)]
    fn recorded(base, pc, insn, vm, k) {
        spill!(vm, base, pc);
        let insn = record(&mut *vm, insn);
        let h = HANDLERS[insn as u8 as usize];
        jump!(h, (*vm).base, pc, insn, vm, k)
    }
    /// Enters the trace of `insn`, whose own work is done, and which is no [`JITERN`].
    #[inline(never)]
    fn enter_trace(base, pc, insn, vm, _k) {
        go_on!(enter_own(base, pc, insn, vm), vm)
    }
    /// Enters the trace of a [`JITERN`].
    #[inline(never)]
    fn enter_next_trace(base, pc, insn, vm, k) {
        let number = trace_number(&(*vm).jit, insn as u32);
        jump!(enter_number, base, pc, insn | u64::from(number) << 32, vm, k)
    }
    /// Enters the trace of the loop that a `JFORI` begins, if it has one.
    #[inline(never)]
    fn enter_for_trace(base, pc, insn, vm, k) {
        let end = *pc.offset((insn >> 16) as isize - 0x8001);
        if end as u8 != Op::JFORL as u8 {
            next!(base, pc, vm, k)
        }
        jump!(enter_number, base, pc, insn | u64::from(end >> 16) << 32, vm, k)
    }
    /// Enters the trace whose number is in the high half.
    #[inline(never)]
    fn enter_number(base, pc, insn, vm, _k) {
        go_on!(enter(base, pc, insn, vm), vm)
    }
    /// Goes on behind a trace that answered `insn`.
    #[inline(never)]
    fn left_trace(_base, _pc, insn, vm, _k) {
        if insn == REPLACED {
            jump!(replaced, std::ptr::null_mut(), std::ptr::null(), 0, vm, std::ptr::null())
        }
        go!(step_of(insn), vm)
    }
    /// Does the instruction at the machine's `pc` by the one that it replaced.
    #[inline(never)]
    fn replaced(_base, _pc, _insn, vm, _k) {
        let (base, pc) = ((*vm).base, (*vm).pc);
        let insn = original(&*vm, *pc);
        let h = HANDLERS[insn as u8 as usize];
        jump!(h, base, pc.add(1), u64::from(insn), vm, constants_of(base))
    }
}

/// What [`enter`] answers besides a step: run the replaced instruction.
const REPLACED: u64 = outcome::LEAVE + 1;

fn step_of(outcome: u64) -> Step {
    match outcome {
        outcome::NEXT => Step::Next,
        outcome::CALL => Step::Call,
        outcome::FAIL => Step::Fail,
        _ => Step::Leave,
    }
}

/// Returns the code of a row of the trace table, if it can be entered right away.
#[inline(always)]
unsafe fn may_enter(vm: &Vm, row: *const TraceEntry) -> Option<TraceCode> {
    // SAFETY: instructions have numbers of rows.
    unsafe { (*row).entry.filter(|_| vm.heap.is_quiet()) }
}

/// Calls the code of a trace in the frame `base`, the machine's. The answer is a step.
#[inline(always)]
unsafe fn run_trace(vm: *mut Vm, base: *mut u64, code: TraceCode) -> u64 {
    // SAFETY: as in `enter`.
    unsafe {
        (*vm).jit.depth += 1;
        let next = code(vm, base);
        (*vm).jit.depth -= 1;
        next
    }
}

/// A trace has been left, and all were to be left: if this was the last one on the native stack, the machine learns of it.
#[cold]
#[inline(never)]
unsafe fn left(vm: *mut Vm) {
    // SAFETY: the machine is live, and no other reference to it is in use.
    unsafe {
        if (*vm).jit.depth == 0 && (*vm).jit.leaving.get() {
            (*vm).jit.leaving.set(false);
            refresh(&mut *vm);
        }
    }
}

/// Enters trace `insn >> 32` in the frame `base` after the work of `insn`, which is before `pc`, was done. The answer is a step, or [`REPLACED`]. A function
/// of its own: handlers call nothing that they cannot know (the test `handlers` holds that); and its arguments are where a handler has them.
#[inline(never)]
unsafe extern "C" fn enter(base: *mut u64, pc: *const u32, insn: u64, vm: *mut Vm) -> u64 {
    // SAFETY: see `enter_row`.
    unsafe { enter_row(base, pc, insn, insn >> 32, vm) }
}

/// Enters the trace of `insn`, whose operand is its number, in the same way.
#[inline(never)]
unsafe extern "C" fn enter_own(base: *mut u64, pc: *const u32, insn: u64, vm: *mut Vm) -> u64 {
    // SAFETY: see `enter_row`.
    unsafe { enter_row(base, pc, insn, insn >> 16, vm) }
}

#[inline(always)]
unsafe fn enter_row(base: *mut u64, pc: *const u32, insn: u64, number: u64, vm: *mut Vm) -> u64 {
    // SAFETY: as in `enter_slowly`; numbers in instructions are rows of the table.
    unsafe {
        spill!(vm, base, pc);
        let row = (*vm).jit.traces.add(number as usize).cast_mut();
        let Some(code) = may_enter(&*vm, row) else {
            return enter_slowly(vm, insn & 0xffff_ffff | number << 32);
        };
        (*row).entries = (*row).entries.wrapping_add(1);
        let next = run_trace(vm, base, code);
        if (*vm).jit.leaving.get() {
            return settled(vm, next);
        }
        if next == outcome::NEXT && is_trace_alone(*(*vm).pc as u8) {
            return settled(vm, next);
        }
        next
    }
}

/// What becomes of the step that a trace answered. The step [`outcome::NEXT`] may be at an instruction that enters a trace before it has done anything: if
/// that trace begins with it, the replaced instruction is what runs.
#[cold]
#[inline(never)]
unsafe fn settled(vm: *mut Vm, next: u64) -> u64 {
    // SAFETY: the machine's frame is a Lua function's where that goes on.
    unsafe {
        left(vm);
        if next == outcome::NEXT && begins_itself(&*vm) { REPLACED } else { next }
    }
}

/// Does the same whatever the machine's state.
#[cold]
#[inline(never)]
unsafe fn enter_slowly(vm: *mut Vm, insn: u64) -> u64 {
    // SAFETY: the handler has no other reference to the machine; the trace table is the compiler's, and its entries take a machine
    // and the base of a frame that their first instruction runs in.
    unsafe {
        if (*vm).gc_due() && crate::call::collect(&mut *vm).is_err() {
            return outcome::FAIL;
        }
        let trace = (*vm).jit.trace((insn >> 32) as u32).copied().unwrap_or_default();
        // A collection may have called finalisers, and these anything.
        if wanted(&*vm) || (*vm).jit.recording || (*vm).jit.leaving.get() {
            return not_entered(&mut *vm, insn as u32, &trace);
        }
        let entry = trace.entry.or_else(|| ((*vm).jit.bind)(&mut *vm, (insn >> 32) as u32));
        let Some(entry) = entry else { return not_entered(&mut *vm, insn as u32, &trace) };
        let row = (*vm).jit.traces.add((insn >> 32) as usize).cast_mut();
        (*row).entries = (*row).entries.wrapping_add(1);
        let next = match (*vm).jit.around {
            None => run_trace(vm, (*vm).base, entry),
            Some(around) => {
                (*vm).jit.depth += 1;
                let next = around(vm, (insn >> 32) as u32, entry);
                (*vm).jit.depth -= 1;
                next
            }
        };
        left(vm);
        if next == heap::vm::NOT_ENTERED {
            return not_entered(&mut *vm, insn as u32, &trace);
        }
        if next == outcome::NEXT && begins_itself(&*vm) { REPLACED } else { next }
    }
}

/// Runs the trace of the function below `vm.base`, which native code calls with `vm.multres` arguments, without the run loop. Answers how
/// to go on, and whether the function has returned already.
///
/// # Safety
/// The callee's frame is laid out: function, link, arguments.
pub(crate) unsafe fn run_head(vm: &mut Vm) -> (Step, bool) {
    // SAFETY: see the contract; operands of verified bytecode. This does what the handler of JFUNCF does.
    unsafe {
        let pc = (*crate::dispatch::function_of(vm.base)).pc;
        let insn = *pc;
        let room = vm.base.wrapping_add(usize::from(Ins(insn).a())) <= vm.stack_max;
        if insn as u8 != JFUNCF || !room || vm.jit.recording || wanted(vm) {
            return (Step::Call, false);
        }
        fill_params(vm.base, vm.multres as usize);
        vm.pc = pc.add(1);
        let row = vm.jit.traces.add((insn >> 16) as usize).cast_mut();
        if may_enter(vm, row).is_some() {
            (*row).calls = (*row).calls.wrapping_add(1);
        }
        let next = enter_own(vm.base, vm.pc, insn.into(), vm);
        head_left(vm, next)
    }
}

const JFUNCF: u8 = Op::JFUNCF as u8;

/// Sets the parameters of the Lua function below `base` that got no argument.
#[inline(always)]
unsafe fn fill_params(base: *mut u64, n: usize) {
    // SAFETY: the frame has room for the function's slots.
    unsafe {
        for i in n..usize::from((*crate::dispatch::proto_of(base)).num_params) {
            *base.add(i) = abi::tag::NIL_BITS;
        }
    }
}

/// Goes on behind a function's trace that native code has entered: answers as [`run_head`].
unsafe fn head_left(vm: &mut Vm, next: u64) -> (Step, bool) {
    // SAFETY: as for `run_head`.
    unsafe {
        if next == REPLACED {
            let done = crate::dispatch::run_from(vm, replaced);
            return (Step::Fail, done);
        }
        let step = step_of(next);
        if step == Step::Leave {
            return (step, true);
        }
        if step == Step::Next
            && let Some(v) = returned(vm)
        {
            let (base, to) = (vm.base, vm.base.sub(2));
            *to = v;
            vm.top.set(to.add(1));
            vm.multres = 1;
            vm.base = base.byte_sub((*base.sub(1) & !abi::frame::TYPE) as usize);
            return (Step::Leave, true);
        }
        (step, false)
    }
}

/// Returns the value that the machine is about to return to native code, if that is all it is about to do.
#[inline(always)]
unsafe fn returned(vm: &Vm) -> Option<u64> {
    const RET1: u8 = Op::RET1 as u8;
    // SAFETY: `pc` is that of the running Lua function.
    unsafe {
        let insn = *vm.pc;
        let link = *vm.base.sub(1);
        let now = insn as u8 == RET1
            && link & abi::frame::TYPE == abi::frame::NATIVE
            && vm.heap.attention.get() == 0
            && !vm.jit.recording;
        now.then(|| *vm.base.add(usize::from(Ins(insn).a())))
    }
}

/// What [`call_head`] did.
pub(crate) enum Head {
    /// Nothing: the function has no trace that can be entered right away.
    Not,
    /// All: the function has returned this.
    Returned(u64),
    /// Its trace was left: how to go on, as of [`run_head`].
    Left(Step, bool),
}

/// Calls a function with two arguments at the end of a builtin's frame by its trace, if it has one: no run loop, no frame that anybody else
/// has to take apart. The frame of the builtin is the machine's again once it has returned.
///
/// # Safety
/// The slots from `func` on are free, and there is room for a few.
#[inline(always)]
pub(crate) unsafe fn call_head(vm: &mut Vm, func: *mut u64, f: Value, args: [u64; 2]) -> Head {
    // SAFETY: see the contract; a function of Lua has a head; this does what the handler of JFUNCF does.
    unsafe {
        let Some(address) = f.is_func().then_some((f.0 & abi::tag::PTR_MASK) as *const heap::FuncObj) else {
            return Head::Not;
        };
        let pc = (*address).pc;
        let insn = *pc;
        let callee = func.add(2);
        if insn as u8 != JFUNCF || callee.wrapping_add(usize::from(Ins(insn).a())) > vm.stack_max {
            return Head::Not;
        }
        let row = vm.jit.traces.add((insn >> 16) as usize).cast_mut();
        let Some(code) = may_enter(vm, row) else { return Head::Not };
        *func = f.0;
        *func.add(1) = (callee.offset_from(vm.base) as u64) << 3 | abi::frame::NATIVE;
        *callee = args[0];
        *callee.add(1) = args[1];
        vm.base = callee;
        vm.pc = pc.add(1);
        fill_params(callee, 2);
        (*row).entries = (*row).entries.wrapping_add(1);
        (*row).calls = (*row).calls.wrapping_add(1);
        let next = run_trace(vm, callee, code);
        if vm.jit.leaving.get() {
            left(vm);
        }
        if next == outcome::NEXT
            && let Some(v) = returned(vm)
        {
            vm.base = vm.base.byte_sub((*vm.base.sub(1) & !abi::frame::TYPE) as usize);
            return Head::Returned(v);
        }
        let itself = next == outcome::NEXT && is_trace_alone(*vm.pc as u8) && begins_itself(vm);
        let (step, done) = head_left(vm, if itself { REPLACED } else { next });
        Head::Left(step, done)
    }
}

/// Goes on behind an instruction whose work is done as far as its J form does it.
#[inline(never)]
unsafe fn not_entered(vm: &mut Vm, insn: u32, trace: &TraceEntry) -> u64 {
    let start = Ins(trace.start_ins);
    // SAFETY: `pc` is behind the instruction; jumps of verified bytecode stay inside the prototype.
    unsafe {
        match Ins(insn).op() {
            Some(Op::JFORL | Op::JITERL) => vm.pc = vm.pc.offset(start.jump() as isize),
            Some(Op::JFORI | Op::JFUNCF | Op::JFUNCV) => {}
            _ if start.op() == Some(Op::LOOP) => {}
            _ => {
                vm.pc = vm.pc.sub(1);
                return if wanted(vm) || vm.jit.recording { outcome::NEXT } else { REPLACED };
            }
        }
    }
    outcome::NEXT
}

/// Says whether an opcode may enter a trace before it has done anything.
#[inline(always)]
const fn is_trace_alone(op: u8) -> bool {
    op == JITERN || op == Op::JLOOP as u8
}

/// Says whether the instruction at `pc` would enter a trace that begins with it.
#[cold]
#[inline(never)]
unsafe fn begins_itself(vm: &Vm) -> bool {
    // SAFETY: `pc` is that of the running Lua function.
    let insn = unsafe { *vm.pc };
    let itself = match insn as u8 {
        JITERN => true,
        op if op == Op::JLOOP as u8 => Ins(original(vm, insn)).op() != Some(Op::LOOP),
        _ => false,
    };
    itself && !wanted(vm) && !vm.jit.recording
}

/// Returns the number of the trace that a J form enters.
#[inline(always)]
fn trace_number(jit: &JitHooks, insn: u32) -> u32 {
    if insn as u8 == JITERN { jit.next_loops[usize::from(Ins(insn).c())].get().into() } else { insn >> 16 }
}

#[inline(never)]
fn loop_is_hot(vm: &mut Vm, insn: u32) {
    let at = vm.pc as usize >> 2;
    vm.jit.hotcount[at % heap::vm::HOT_COUNTERS] = vm.jit.hotloop;
    // SAFETY: operands of verified bytecode; an ITERL has two instructions before it.
    let other = unsafe {
        match Ins(insn).op() {
            // It calls its function as an ITERC does.
            Some(Op::ITERN) => *vm.base.add(usize::from(Ins(insn).a()) - 1) >> 32 != KEY_INDEX,
            // The ITERN before it reads its operand.
            Some(Op::ITERL) => Ins(original(vm, *vm.pc.sub(2))).op() == Some(Op::ITERN),
            _ => false,
        }
    };
    if !other {
        (vm.jit.hot)(vm);
    }
}

#[inline(never)]
fn call_is_hot(vm: &mut Vm, insn: u64) {
    let at = vm.pc as usize >> 2;
    vm.jit.hotcount[at % heap::vm::HOT_COUNTERS] = vm.jit.hotcall;
    vm.multres = insn >> 32;
    (vm.jit.hot)(vm);
}

/// Shows `insn` to the recorder; returns what to run.
#[inline(never)]
unsafe fn record(vm: &mut Vm, insn: u64) -> u64 {
    if !vm.jit.recording {
        // Somebody has left the table.
        crate::debug::hook::refresh(vm);
        return insn;
    }
    if insn as u8 >= Op::FUNCF as u8 && insn as u8 != JITERN {
        vm.multres = insn >> 32;
    }
    (vm.jit.record)(vm, insn);
    // The callback may have patched the instruction, or taken its trace away.
    // SAFETY: `pc` is behind it.
    let insn = u64::from(unsafe { *vm.pc.sub(1) }) | insn >> 32 << 32;
    if !vm.jit.recording {
        return insn;
    }
    // SAFETY: at a head, `base` is the frame of its function.
    let callee = unsafe { (*crate::dispatch::function_of(vm.base)).id };
    if insn as u8 >= Op::FUNCF as u8 && insn as u8 != JITERN && SWITCHING.contains(&callee) {
        stop_recording(vm, Abort::Coroutine);
    }
    u64::from(original(vm, insn as u32)) | insn >> 32 << 32
}

/// Says whether hooks, a budget or an interruption need every instruction.
pub(crate) fn wanted(vm: &Vm) -> bool {
    vm.hook.mask != 0
        || vm.budget != u64::MAX
        || vm.interrupt.load(Ordering::Relaxed)
        || vm.jit.pending.load(Ordering::Relaxed)
}

/// Returns the dispatch table for a machine whose hooks want nothing.
pub(crate) fn handlers(vm: &Vm) -> [Handler; 256] {
    if vm.jit.recording {
        return [recorded; 256];
    }
    let mut table = HANDLERS;
    if vm.jit.on {
        for (op, h) in COUNTING {
            table[op as usize] = h;
        }
    }
    table
}

/// Switches counting on or off. Traces are entered either way.
pub fn set_jit(vm: &mut Vm, on: bool) {
    if on && !vm.jit.on {
        vm.jit.hotcount.fill(vm.jit.hotloop);
    }
    vm.jit.on = on;
    crate::debug::hook::refresh(vm);
}

/// Switches recording on or off. While hooks are active it stays off.
pub fn set_recording(vm: &mut Vm, on: bool) {
    vm.jit.recording = on && !wanted(vm);
    crate::debug::hook::refresh(vm);
}

/// Makes the recorder give up, if there is a recording.
#[inline(always)]
pub(crate) fn stop_recording(vm: &mut Vm, why: Abort) {
    if vm.jit.recording {
        give_up(vm, why);
    }
}

#[cold]
#[inline(never)]
fn give_up(vm: &mut Vm, why: Abort) {
    (vm.jit.abort)(vm, why);
    set_recording(vm, false);
}

/// Makes all compiled code that is running return to the interpreter at its next look, and enters none before that. (Where traces are
/// freed: is `JitHooks::depth` 0, nothing is running.)
pub fn request_attention(vm: &Vm) {
    if vm.jit.depth > 0 {
        vm.jit.leaving.set(true);
        vm.heap.attention.set(1);
    }
}

/// Makes the machine call `JitHooks::deliver` before its next instruction. During a recording it takes effect once that ends.
pub fn announce(vm: &mut Vm) {
    if !vm.jit.recording {
        vm.jit.pending.store(true, Ordering::Relaxed);
        refresh(vm);
    }
}

/// Puts the byte right that keeps traces from being entered.
pub(crate) fn bar(vm: &Vm) {
    vm.heap.barred.set((vm.jit.recording || vm.jit.around.is_some()).into());
}

/// Puts the dispatch table and the bytes right that keep compiled code from running.
pub fn refresh(vm: &mut Vm) {
    crate::debug::hook::refresh(vm);
}

/// Returns the instruction that `insn` stands for: of a J form the one it replaced.
pub fn original(vm: &Vm, insn: u32) -> u32 {
    let number = match insn as u8 {
        JITERN => vm.jit.next_loops[usize::from(Ins(insn).c())].get().into(),
        op if op == Op::JFORI as u8 => return Ins(insn).with_op(Op::FORI).0,
        op if is_traced(op) => insn >> 16,
        _ => return insn,
    };
    vm.jit.trace(number).map_or(insn, |t| t.start_ins)
}

const fn is_traced(op: u8) -> bool {
    op == Op::JFORL as u8
        || op == Op::JITERL as u8
        || op == Op::JLOOP as u8
        || op == Op::JFUNCF as u8
        || op == Op::JFUNCV as u8
}

/// Returns instruction `pc` of a prototype as it was loaded (but for the forms that are not to be compiled).
///
/// # Safety
/// The prototype is live and has that many instructions.
pub unsafe fn original_ins(vm: &Vm, pt: *const ProtoObj, pc: u32) -> u32 {
    // SAFETY: as the caller says.
    original(vm, unsafe { *ProtoObj::bc(pt).add(pc as usize) })
}

/// Returns the instruction as listings show it: [`JITERN`] as `JLOOP` with its trace.
pub(crate) fn shown(vm: &Vm, insn: u32) -> u32 {
    if insn as u8 == JITERN {
        return Ins::ad(Op::JLOOP, Ins(insn).a(), trace_number(&vm.jit, insn) as u16).0;
    }
    insn
}

/// Says whether [`patch`] would succeed.
///
/// # Safety
/// `pc` points at an instruction of a live prototype.
pub unsafe fn can_patch(vm: &Vm, pc: *const u32) -> bool {
    // SAFETY: as the caller says.
    match Ins(unsafe { *pc }).op() {
        Some(Op::ITERN) => vm.jit.next_loops[1..].iter().any(|n| n.get() == 0),
        Some(op) => traced_form(op).is_some(),
        None => false,
    }
}

const fn traced_form(op: Op) -> Option<Op> {
    Some(match op {
        Op::FORL => Op::JFORL,
        Op::ITERL => Op::JITERL,
        Op::LOOP | Op::RET | Op::RET0 | Op::RET1 | Op::RETM => Op::JLOOP,
        Op::FUNCF => Op::JFUNCF,
        Op::FUNCV => Op::JFUNCV,
        _ => return None,
    })
}

/// Gives the instruction at `pc` the root trace `number`, whose row in the table must exist: its `start_ins` is the instruction. Of a numeric
/// loop `FORI` is changed, too. Says whether it could; it fails only where [`can_patch`] says so.
///
/// # Safety
/// `pc` points at an instruction of a live prototype, and nothing else writes it.
pub unsafe fn patch(vm: &Vm, pc: *mut u32, number: u16) -> bool {
    // SAFETY: as the caller says; a FORL's jump leads behind its FORI (verified).
    unsafe {
        let ins = Ins(*pc);
        match ins.op() {
            Some(Op::ITERN) => {
                // Row 0 is never used: number 0 is no trace.
                let Some(row) = vm.jit.next_loops.iter().skip(1).position(|n| n.get() == 0) else { return false };
                vm.jit.next_loops[row + 1].set(number);
                *pc = ins.0 & 0xff00_ff00 | u32::from(JITERN) | (row as u32 + 1) << 16;
                true
            }
            Some(op) => {
                let Some(form) = traced_form(op) else { return false };
                if op == Op::FORL {
                    let fori = pc.offset(ins.jump() as isize);
                    if Ins(*fori).op() == Some(Op::FORI) {
                        *fori = Ins(*fori).with_op(Op::JFORI).0;
                    }
                }
                *pc = Ins::ad(form, ins.a(), number).0;
                true
            }
            None => false,
        }
    }
}

/// Takes trace `number` from the instruction at `pc`, if it has it: the replaced instruction comes back. The trace's row must still exist.
///
/// # Safety
/// As [`patch`].
pub unsafe fn unpatch(vm: &Vm, pc: *mut u32, number: u16) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let insn = *pc;
        let op = insn as u8;
        if !(op == JITERN || is_traced(op)) || trace_number(&vm.jit, insn) != u32::from(number) {
            return false;
        }
        if op == JITERN {
            *pc = original(vm, insn);
            vm.jit.next_loops[usize::from(Ins(insn).c())].set(0);
            return true;
        }
        *pc = original(vm, insn);
        let ins = Ins(*pc);
        if ins.op() == Some(Op::FORL) {
            let fori = pc.offset(ins.jump() as isize);
            if Ins(*fori).op() == Some(Op::JFORI) {
                *fori = Ins(*fori).with_op(Op::FORI).0;
            }
        }
        true
    }
}

/// Returns the addresses of a Lua function's prototype, if `itself`, and of all inside of it, if `children`.
pub fn protos(f: heap::Func<'_>, itself: bool, children: bool) -> Vec<u64> {
    protos_below(f, &[], itself, children)
}

/// Does the same for the prototype that the indices of constants in `way` lead to.
pub fn protos_below(f: heap::Func<'_>, way: &[usize], itself: bool, children: bool) -> Vec<u64> {
    let mut found = Vec::new();
    let Some(mut p) = crate::debug::proto_of(f) else { return found };
    // SAFETY: the prototype of a live function and its constants.
    unsafe {
        for d in way {
            match inner_protos(p).find(|(i, _)| i == d) {
                Some((_, inner)) => p = inner,
                None => return found,
            }
        }
        if itself {
            found.push(p as u64);
        }
        if children {
            let mut left = vec![p];
            while let Some(p) = left.pop() {
                for (_, inner) in inner_protos(p) {
                    found.push(inner as u64);
                    left.push(inner);
                }
            }
        }
    }
    found
}

unsafe fn inner_protos(p: *const ProtoObj) -> impl Iterator<Item = (usize, *const ProtoObj)> {
    // SAFETY: the prototype is live (caller).
    let n = unsafe { (*p).size_kgc } as usize;
    (0..n).filter_map(move |i| {
        // SAFETY: as above: its constants lie below `k`.
        let v = heap::Value(unsafe { *(*p).k.sub(1 + i) });
        (v.tag() == abi::tag::PROTO).then_some((i, (v.0 & abi::tag::PTR_MASK) as *const ProtoObj))
    })
}

/// Allows or forbids to compile prototypes, which must come from [`protos`] of a function that still lives.
pub fn allow(protos: &[u64], on: bool) {
    use bytecode::proto::ProtoFlags;
    for p in protos {
        // SAFETY: as the caller says.
        unsafe {
            let p = *p as *mut ProtoObj;
            if on { (*p).flags &= !ProtoFlags::NOJIT } else { (*p).flags |= ProtoFlags::NOJIT }
        }
    }
}

//! What handlers do not do inline: plain functions that work on the frame in the machine and say how to go on.
//!
//! A worker never runs Lua code itself: to call a metamethod it lays out a continuation frame and answers [`Step::Call`].
//! Invariant: `vm.base` and `vm.pc` are those of the Lua function whose instruction is being worked on.
//!
//! Safety of all functions here: called from a handler after it wrote its frame to the machine.
#![allow(clippy::missing_safety_doc)]

pub(crate) mod arith;
pub(crate) mod call;
pub(crate) mod compare;
pub(crate) mod concat;
pub(crate) mod create;
pub(crate) mod index;
pub(crate) mod ret;

use crate::debug;
use crate::dispatch::{Step, function_of, proto_of};
use abi::frame::{self, Cont};
use heap::{Value, Vm};

/// Returns the end of the running frame: of a Lua function's slots, or of what a builtin pushed.
pub(crate) unsafe fn frame_top(vm: &Vm) -> *mut u64 {
    // SAFETY: `vm.base` is a frame.
    unsafe {
        if (*function_of(vm.base)).builtin == 0 {
            vm.base.add((*proto_of(vm.base)).frame_size.into())
        } else {
            vm.top.get()
        }
    }
}

/// Lays out a call of metamethod `mo` above the running Lua frame, to go on as `cont` says.
pub(crate) unsafe fn call_meta(vm: &mut Vm, cont: u64, mo: Value, args: &[Value]) -> Step {
    // SAFETY: the reserve behind stack_max has room for these few slots above any frame.
    unsafe {
        let top = frame_top(vm);
        *top = cont;
        *top.add(1) = vm.pc as u64;
        *top.add(2) = mo.0;
        let callee = top.add(4);
        *top.add(3) = (callee.offset_from(vm.base) as u64) << 3 | frame::CONT;
        for (i, v) in args.iter().enumerate() {
            *callee.add(i) = v.0;
        }
        if mo.is_func() {
            vm.base = callee;
            vm.multres = args.len() as u64;
            Step::Call
        } else {
            call::call_value(vm, callee, args.len() as u64)
        }
    }
}

/// Continuation word of `cont`.
pub(crate) fn cont(cont: Cont) -> u64 {
    cont as u64
}

/// Raises `message` at the running instruction.
#[cold]
pub(crate) fn fail(vm: &Vm, message: &str) -> Step {
    let _ = debug::error_here(vm, message.as_bytes());
    Step::Fail
}

/// Stores into slot `A` of `insn`.
pub(crate) unsafe fn store_a(vm: &Vm, insn: u32, v: Value) {
    // SAFETY: operands of verified bytecode are inside the frame.
    unsafe { *vm.base.add((insn >> 8) as u8 as usize) = v.0 }
}

/// Reads slot `i` of the running frame.
pub(crate) unsafe fn slot(vm: &Vm, i: usize) -> Value {
    // SAFETY: operands of verified bytecode are inside the frame.
    unsafe { Value(*vm.base.add(i)) }
}

/// Collects if it is time; calls finalisers that are due.
#[inline]
pub(crate) fn safepoint(vm: &mut Vm) -> Result<(), heap::Raise> {
    if vm.gc_due() { crate::call::collect(vm) } else { Ok(()) }
}

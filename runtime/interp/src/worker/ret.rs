//! Returning through links of all kinds.

use super::call::{Continued, continue_builtin};
use super::compare::branch;
use super::concat::concat_down;
use super::store_a;
use crate::control;
use crate::dispatch::Step;
use abi::frame::{self, Cont};
use abi::tag;
use heap::{Value, Vm};

/// Returns the `n` values at `from` from the frame at `vm.base` to whoever its link names.
pub(crate) unsafe fn return_values(vm: &mut Vm, mut from: *mut u64, mut n: usize) -> Step {
    // SAFETY: links are as calls laid them out; results move to lower slots of the same stack.
    unsafe {
        loop {
            let base = vm.base;
            let link = *base.sub(1);
            if link & frame::TYPE_LUA == frame::LUA {
                return_to_lua(vm, from, n);
                return Step::Next;
            }
            let previous = base.byte_sub((link & !frame::TYPE) as usize);
            match link & frame::TYPE {
                frame::VARG => vm.base = previous,
                frame::PCALL => {
                    *previous = tag::TRUE_BITS;
                    std::ptr::copy(from, previous.add(1), n);
                    vm.base = previous;
                    from = previous;
                    n += 1;
                }
                frame::CONT if *base.sub(4) == Cont::Builtin as u64 => match continue_builtin(vm, from, n) {
                    Continued::Return(m) => (from, n) = (vm.top.get().sub(m), m),
                    Continued::Step(step) => return step,
                },
                frame::CONT => {
                    let result = if n > 0 { Value(*from) } else { Value::NIL };
                    let word = *base.sub(4);
                    vm.pc = *base.sub(3) as *const u32;
                    vm.base = previous;
                    return continue_with(vm, word, result);
                }
                frame::COROUTINE => match control::finish_coroutine(vm, from, n) {
                    Ok((f, m)) => (from, n) = (f, m),
                    Err(_) => return Step::Fail,
                },
                _ => {
                    let to = base.sub(2);
                    move_down(from, to, n);
                    vm.top.set(to.add(n));
                    vm.multres = n as u64;
                    vm.base = previous;
                    return Step::Leave;
                }
            }
        }
    }
}

/// Returns the `n` values at `from` to the Lua function whose CALL made the frame at `vm.base`.
#[inline(always)]
pub(crate) unsafe fn return_to_lua(vm: &mut Vm, from: *mut u64, n: usize) {
    // SAFETY: as for `return_values`.
    unsafe {
        let base = vm.base;
        let pc = *base.sub(1) as *const u32;
        let call = *pc.sub(1);
        let a = (call >> 8) as u8 as usize;
        let want = (call >> 24) as usize;
        let to = base.sub(2);
        if want == 0 {
            move_down(from, to, n);
            vm.multres = n as u64;
        } else {
            let have = n.min(want - 1);
            move_down(from, to, have);
            for i in have..want - 1 {
                *to.add(i) = tag::NIL_BITS;
            }
        }
        vm.base = base.sub(2 + a);
        vm.pc = pc;
    }
}

/// Moves results to lower slots; one result, the most frequent case, without a library call.
#[inline(always)]
unsafe fn move_down(from: *const u64, to: *mut u64, n: usize) {
    // SAFETY: both are inside the stack (caller).
    unsafe {
        if n == 1 {
            *to = *from;
        } else {
            std::ptr::copy(from, to, n);
        }
    }
}

/// Does with a metamethod's result what the continuation word says.
unsafe fn continue_with(vm: &mut Vm, word: u64, result: Value) -> Step {
    // SAFETY: `vm.pc` is behind the instruction that needed the metamethod.
    unsafe {
        let insn = *vm.pc.sub(1);
        match Cont::ALL.get((word & 0xff) as usize) {
            Some(Cont::StoreA) => store_a(vm, insn, result),
            Some(Cont::JumpIfTrue) => return branch(vm, result.is_true()),
            Some(Cont::JumpIfFalse) => return branch(vm, !result.is_true()),
            Some(Cont::Concat) => {
                let at = (word >> 8) as usize;
                *vm.base.add(at) = result.0;
                return concat_down(vm, insn, at);
            }
            _ => {}
        }
        Step::Next
    }
}

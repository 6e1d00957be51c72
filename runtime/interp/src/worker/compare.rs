//! Comparisons of what is not two numbers.

use super::{call_meta, cont, slot};
use crate::debug;
use crate::dispatch::Step;
use abi::frame::Cont;
use abi::metamethod::Mm;
use bytecode::{Ins, Op};
use heap::{StrObj, Value, Vm, metatable};

/// Goes on behind the comparison, whose jump is taken or not.
pub(crate) unsafe fn branch(vm: &mut Vm, taken: bool) -> Step {
    // SAFETY: a jump follows every comparison (verifier).
    unsafe {
        let jump = *vm.pc;
        vm.pc = if taken { vm.pc.offset((jump >> 16) as isize - 0x7fff) } else { vm.pc.add(1) };
    }
    Step::Next
}

/// What `a < b` or `a <= b` is, where no metamethod is needed.
pub(crate) fn raw_ordered(a: Value, b: Value, or_equal: bool) -> Option<bool> {
    if let (Some(x), Some(y)) = (a.as_num(), b.as_num()) {
        return Some(if or_equal { x <= y } else { x < y });
    }
    let (x, y) = (a.as_str()?, b.as_str()?);
    // SAFETY: values refer to live strings.
    let order = unsafe { StrObj::compare(x, y) };
    Some(if or_equal { order.is_le() } else { order.is_lt() })
}

/// The metamethod that compares `a` and `b`: both sides must agree on it.
pub(crate) fn shared_metamethod(vm: &Vm, a: Value, b: Value, mm: Mm) -> Value {
    let mo = metatable::lookup(vm, a, mm);
    if !mo.is_nil() && mo.raw_eq(metatable::lookup(vm, b, mm)) { mo } else { Value::NIL }
}

/// Does an ordered comparison.
pub(crate) unsafe fn ordered(vm: &mut Vm, insn: u32) -> Step {
    let ins = Ins(insn);
    // SAFETY: operands of verified bytecode.
    unsafe {
        let (a, b) = (slot(vm, ins.a().into()), slot(vm, ins.d().into()));
        let op = insn as u8;
        let or_equal = op >= Op::ISLE as u8;
        let negated = op & 1 == Op::ISGE as u8 & 1;
        if let Some(r) = raw_ordered(a, b, or_equal) {
            return branch(vm, r != negated);
        }
        let jump = if negated { Cont::JumpIfFalse } else { Cont::JumpIfTrue };
        let mm = if or_equal { Mm::Le } else { Mm::Lt };
        let mo = shared_metamethod(vm, a, b, mm);
        if !mo.is_nil() {
            return call_meta(vm, cont(jump), mo, &[a, b]);
        }
        if or_equal {
            // `a <= b` is `not (b < a)`.
            let mo = shared_metamethod(vm, b, a, Mm::Lt);
            if !mo.is_nil() {
                let jump = if negated { Cont::JumpIfTrue } else { Cont::JumpIfFalse };
                return call_meta(vm, cont(jump), mo, &[b, a]);
            }
        }
        let _ = debug::compare_error(vm, a, b);
        Step::Fail
    }
}

/// Does an equality comparison of two different tables or userdata.
pub(crate) unsafe fn equal(vm: &mut Vm, insn: u32) -> Step {
    let ins = Ins(insn);
    // SAFETY: operands of verified bytecode.
    unsafe {
        let (a, b) = (slot(vm, ins.a().into()), slot(vm, ins.d().into()));
        let negated = insn as u8 == Op::ISNEV as u8;
        let mo = shared_metamethod(vm, a, b, Mm::Eq);
        if mo.is_nil() {
            return branch(vm, negated);
        }
        let jump = if negated { Cont::JumpIfFalse } else { Cont::JumpIfTrue };
        call_meta(vm, cont(jump), mo, &[a, b])
    }
}

//! Concatenation: from the right, as many strings and numbers at once as there are, metamethods for the rest.
//!
//! The operands are temporaries of the frame, so partial results go back into their slots. The state of an interrupted
//! concatenation is one number, the slot of the result so far, kept in the continuation word.

use super::{arith::after_allocation, call_meta, fail, store_a};
use crate::debug;
use crate::dispatch::Step;
use abi::frame::Cont;
use abi::metamethod::Mm;
use bytecode::Ins;
use heap::strtab::join::{is_too_long, join};
use heap::{Value, Vm, metatable};

/// Does `CAT`.
pub(crate) unsafe fn concat(vm: &mut Vm, insn: u32) -> Step {
    // SAFETY: operands of verified bytecode.
    unsafe { concat_down(vm, insn, Ins(insn).c().into()) }
}

/// Goes on with the operands `B … last` of `insn`.
pub(crate) unsafe fn concat_down(vm: &mut Vm, insn: u32, mut last: usize) -> Step {
    let first = usize::from(Ins(insn).b());
    // SAFETY: operands of verified bytecode are inside the frame.
    unsafe {
        while last > first {
            let (x, y) = (super::slot(vm, last - 1), super::slot(vm, last));
            let text = |v: Value| v.is_str() || v.is_num();
            if text(x) && text(y) {
                let mut start = last - 1;
                while start > first && text(super::slot(vm, start - 1)) {
                    start -= 1;
                }
                match join(vm, vm.base.add(start), last - start + 1) {
                    Ok(s) => *vm.base.add(start) = Value::from_str(s).0,
                    Err(_) if is_too_long(vm.base.add(start), last - start + 1) => {
                        return fail(vm, "string length overflow");
                    }
                    Err(_) => return Step::Fail,
                }
                last = start;
                continue;
            }
            let mut mo = metatable::lookup(vm, x, Mm::Concat);
            if mo.is_nil() {
                mo = metatable::lookup(vm, y, Mm::Concat);
                if mo.is_nil() {
                    let (culprit, at) = if text(x) { (y, last) } else { (x, last - 1) };
                    let _ = debug::operand_error(vm, "concatenate", culprit, Some(at as u8));
                    return Step::Fail;
                }
            }
            return call_meta(vm, Cont::Concat as u64 | (last as u64 - 1) << 8, mo, &[x, y]);
        }
        store_a(vm, insn, super::slot(vm, first));
        after_allocation(vm)
    }
}

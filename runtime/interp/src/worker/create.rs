//! Creation of tables and closures where a collection is due or memory is short.

use super::{arith::after_allocation, store_a};
use crate::dispatch::{Step, constants_of, function_of};
use abi::tag;
use bytecode::{Ins, Op};
use heap::{ProtoObj, TabObj, Value, Vm, proto, table};

/// Does `FNEW`.
pub(crate) unsafe fn closure(vm: &mut Vm, insn: u32) -> Step {
    if vm.gc_due() && after_allocation(vm) == Step::Fail {
        return Step::Fail;
    }
    // SAFETY: constant D is a prototype (verifier).
    unsafe {
        let d = usize::from(Ins(insn).d());
        let pt = (*constants_of(vm.base).sub(1 + d) & tag::PTR_MASK) as *mut ProtoObj;
        match proto::new_closure(vm, pt, function_of(vm.base), vm.base) {
            Ok(f) => {
                store_a(vm, insn, Value::from_func(f));
                Step::Next
            }
            Err(_) => Step::Fail,
        }
    }
}

/// Does `TNEW` or `TDUP` after a collection.
pub(crate) unsafe fn table(vm: &mut Vm, insn: u32) -> Step {
    if after_allocation(vm) == Step::Fail {
        return Step::Fail;
    }
    let d = u32::from(Ins(insn).d());
    // SAFETY: constant D of TDUP is a template (verifier).
    let made = unsafe {
        if insn as u8 == Op::TDUP as u8 {
            table::dup(vm, (*constants_of(vm.base).sub(1 + d as usize) & tag::PTR_MASK) as *const TabObj)
        } else {
            let asize = d & 0x7ff;
            heap::inline::new_table(vm, if asize == 0x7ff { 0x801 } else { asize }, d >> 11)
                .map(std::ptr::NonNull::as_ptr)
                .ok_or_else(|| vm.reraise())
        }
    };
    match made {
        Ok(t) => {
            // SAFETY: operands of verified bytecode.
            unsafe { store_a(vm, insn, Value::from_tab(t)) };
            Step::Next
        }
        Err(_) => Step::Fail,
    }
}

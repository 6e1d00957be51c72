//! Returns. To a Lua caller they are inline; other links are `worker::ret`'s.
//!
//! The link of a Lua call points behind the calling instruction, whose `A` says where results go and whose `B` how many.

use crate::worker;
use abi::frame;

/// Returns one value from the frame at `base`.
macro_rules! return_one {
    ($base:expr, $v:expr, $vm:expr) => {{
        let base: *mut u64 = $base;
        let v: u64 = $v;
        let link = *base.sub(1);
        if link & abi::frame::TYPE_LUA == 0 {
            let pc = link as *const u32;
            if load_b!(pc) == 2 {
                *base.sub(2) = v;
                next_in_caller!(base, pc, $vm)
            }
        }
        *base = v;
        jump!(crate::ops::ret::return_one_other, base, std::ptr::null(), 1, $vm, std::ptr::null())
    }};
}

/// Returns nothing from the frame at `base`.
macro_rules! return_none {
    ($base:expr, $vm:expr) => {{
        let base: *mut u64 = $base;
        let link = *base.sub(1);
        if link & abi::frame::TYPE_LUA == 0 {
            let pc = link as *const u32;
            if load_b!(pc) == 1 {
                next_in_caller!(base, pc, $vm)
            }
        }
        jump!(crate::ops::ret::return_first, base, std::ptr::null(), 0, $vm, std::ptr::null())
    }};
}

/// Returns `$n` values from `$from` on; a Lua caller goes on at once.
macro_rules! return_many {
    ($base:expr, $from:expr, $n:expr, $vm:expr) => {{
        let base: *mut u64 = $base;
        let from: *mut u64 = $from;
        let n: usize = $n;
        let link = *base.sub(1);
        if link & abi::frame::TYPE_LUA == 0 {
            let pc = link as *const u32;
            let to = base.sub(2);
            let mut left = load_b!(pc).wrapping_sub(1);
            if left == usize::MAX {
                (*$vm).multres = n as u64;
                left = n;
            }
            // Volatile: the few copies are faster than a call of memmove.
            let mut i = 0;
            if left > n {
                while i < n {
                    to.add(i).write_volatile(*from.add(i));
                    i = crate::dispatch::opaque(i + 1);
                }
                while i < left {
                    to.add(i).write_volatile(abi::tag::NIL_BITS);
                    i = crate::dispatch::opaque(i + 1);
                }
            } else {
                while i < left {
                    to.add(i).write_volatile(*from.add(i));
                    i = crate::dispatch::opaque(i + 1);
                }
            }
            next_in_caller!(base, pc, $vm)
        }
        (*$vm).base = base;
        (*$vm).multres = n as u64;
        jump!(crate::ops::ret::return_slots, base, from.cast::<u32>().cast_const(), n as u64, $vm, std::ptr::null())
    }};
}

handlers! {
    fn RET1(base, pc, insn, vm, k) {
        let v = *base.add(a!(insn));
        return_one!(base, v, vm)
    }
    fn RET0(base, pc, insn, vm, k) {
        return_none!(base, vm)
    }
    fn RET(base, pc, insn, vm, k) {
        let from = base.add(a!(insn));
        let link = *base.sub(1);
        if link & frame::TYPE == frame::VARG {
            base = base.byte_sub((link & !frame::TYPE) as usize);
        }
        return_many!(base, from, d!(insn) - 1, vm)
    }
    fn RETM(base, pc, insn, vm, k) {
        let n = d!(insn) + (*vm).multres as usize;
        let from = base.add(a!(insn));
        let link = *base.sub(1);
        if link & frame::TYPE == frame::VARG {
            base = base.byte_sub((link & !frame::TYPE) as usize);
        }
        return_many!(base, from, n, vm)
    }
    // Returns slot 0 to whoever does not want just one value.
    #[inline(never)]
    fn return_one_other(base, _pc, _insn, vm, _k) {
        let from = base;
        let link = *base.sub(1);
        if link & frame::TYPE == frame::VARG {
            base = base.byte_sub((link & !frame::TYPE) as usize);
        }
        return_many!(base, from, 1, vm)
    }
    // Returns `insn` values from slot 0.
    #[inline(never)]
    fn return_first(base, _pc, insn, vm, _k) {
        return_many!(base, base, insn as usize, vm)
    }
    // Returns `insn` values from where `pc` points.
    #[inline(never)]
    fn return_slots(base, pc, insn, vm, _k) {
        let link = *base.sub(1);
        if link & frame::TYPE == frame::NATIVE {
            let from = pc.cast::<u64>();
            let n = insn as usize;
            let to = base.sub(2);
            let mut i = 0;
            while i < n {
                to.add(i).write_volatile(*from.add(i));
                i = crate::dispatch::opaque(i + 1);
            }
            (*vm).top.set(to.add(n));
            (*vm).multres = insn;
            (*vm).base = base.byte_sub((link & !frame::TYPE) as usize);
            (*vm).exit = heap::vm::exit::RETURNED;
            return;
        }
        if link & frame::TYPE == frame::PCALL {
            // True and the results are what `pcall` returns.
            let from = pc.cast::<u64>();
            let n = insn as usize;
            let to = base.byte_sub((link & !frame::TYPE) as usize);
            *to = abi::tag::TRUE_BITS;
            let mut i = 0;
            while i < n {
                to.add(1 + i).write_volatile(*from.add(i));
                i = crate::dispatch::opaque(i + 1);
            }
            return_many!(to, to, n + 1, vm)
        }
        (*vm).base = base;
        go!(worker::ret::return_values(&mut *vm, pc.cast::<u64>().cast_mut(), insn as usize), vm)
    }
    // Returns the last `multres` values below top.
    #[inline(never)]
    fn return_top(base, _pc, _insn, vm, _k) {
        let n = (*vm).multres as usize;
        return_many!(base, (*vm).top.get().sub(n), n, vm)
    }
}

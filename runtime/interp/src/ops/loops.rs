//! Loops and jumps.

use crate::worker;
use abi::tag;

pub(crate) use abi::tag::KEY_INDEX;

/// Does `FORI`; `$go` goes on with the loop.
macro_rules! enter_for {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident, $go:expr) => {{
        let s = $base.add(a!($insn));
        let (idx, stop, step) = (*s, *s.add(1), *s.add(2));
        if idx >= tag::NUM_LIMIT || stop >= tag::NUM_LIMIT || step >= tag::NUM_LIMIT {
            jump!(slow_for, $base, $pc, $insn, $vm, $k)
        }
        *s.add(3) = idx;
        let (i, n) = (f64::from_bits(idx), f64::from_bits(stop));
        if if (step as i64) >= 0 { i <= n } else { n <= i } {
            $go
        }
        next!($base, $pc.offset(d!($insn) as isize - 0x8000), $vm, $k)
    }};
}

/// Does `FORL`; `$go` goes on with the loop.
macro_rules! loop_for {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident, $go:expr) => {{
        let s = $base.add(a!($insn));
        let step = *s.add(2);
        let i = std::ptr::read_volatile(s.cast::<f64>()) + std::ptr::read_volatile(s.add(2).cast::<f64>());
        let n = std::ptr::read_volatile(s.add(1).cast::<f64>());
        *s.cast::<f64>() = i;
        if (step as i64) >= 0 {
            if i <= n {
                *s.add(3).cast::<f64>() = i;
                $go
            }
            next!($base, $pc, $vm, $k)
        }
        if n <= i {
            *s.add(3).cast::<f64>() = i;
            $go
        }
        next!($base, $pc, $vm, $k)
    }};
}

/// Does `ITERL`; `$go` goes on with the loop.
macro_rules! loop_iter {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident, $go:expr) => {{
        let s = $base.add(a!($insn));
        let v = *s;
        if v != tag::NIL_BITS {
            *s.sub(1) = v;
            $go
        }
        next!($base, $pc, $vm, $k)
    }};
}

/// Does `ITERN`.
macro_rules! iterate {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident) => {{
        let s = $base.add(a!($insn));
        let control = *s.sub(1);
        let t = *s.sub(2) ^ (tag::TAB << tag::SHIFT);
        if control >> 32 != KEY_INDEX || t >> tag::SHIFT != 0 {
            jump!(crate::ops::call::ITERC, $base, $pc, $insn, $vm, $k)
        }
        let t = t as *const heap::TabObj;
        let mut i = control as u32;
        let asize = (*t).asize;
        while i < asize {
            let v = *(*t).array.add(i as usize);
            if v != tag::NIL_BITS {
                *s.cast::<f64>() = f64::from(i);
                *s.add(1) = v;
                *s.sub(1) = control & (0xffff_ffff << 32) | u64::from(i + 1);
                take_jump!($base, $pc, $vm, $k)
            }
            i += 1;
        }
        let mut n = i - asize;
        while n <= (*t).hmask {
            let node = (*t).node.add(n as usize);
            if (*node).val != tag::NIL_BITS {
                *s = (*node).key;
                *s.add(1) = (*node).val;
                *s.sub(1) = control & (0xffff_ffff << 32) | u64::from(n + asize + 1);
                take_jump!($base, $pc, $vm, $k)
            }
            n += 1;
        }
        *s = tag::NIL_BITS;
        next!($base, $pc.add(1), $vm, $k)
    }};
}

/// Takes the jump of the loop instruction.
macro_rules! back {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident) => {
        next!($base, $pc.offset(d!($insn) as isize - 0x8000), $vm, $k)
    };
}

/// Counts down by `$step` for the instruction before `$pc`; says whether the counter ran out.
macro_rules! count {
    ($pc:ident, $vm:ident, $step:literal) => {{
        let at = &raw mut (*$vm).jit.hotcount[($pc as usize >> 2) % heap::vm::HOT_COUNTERS];
        let old = *at;
        *at = old.wrapping_sub($step);
        old < $step
    }};
}
pub(crate) use count;

handlers! {
    fn FORI(base, pc, insn, vm, k) {
        enter_for!(base, pc, insn, vm, k, next!(base, pc, vm, k))
    }
    #[cold]
    #[inline(never)]
    fn slow_for(base, pc, insn, vm, k) {
        spill!(vm, base, pc);
        let step = worker::arith::for_loop(&mut *vm, insn as u32);
        if step == crate::dispatch::Step::Next {
            // Again, now with numbers. Nobody watches this second time.
            let h = crate::ops::HANDLERS[insn as u8 as usize];
            jump!(h, base, pc, insn, vm, k)
        }
        go!(step, vm)
    }
    fn FORL(base, pc, insn, vm, k) {
        loop_for!(base, pc, insn, vm, k, back!(base, pc, insn, vm, k))
    }
    fn ITERL(base, pc, insn, vm, k) {
        loop_iter!(base, pc, insn, vm, k, back!(base, pc, insn, vm, k))
    }
    fn LOOP(base, pc, _insn, vm, k) {
        next!(base, pc, vm, k)
    }
    fn JMP(base, pc, insn, vm, k) {
        next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
    }
    fn ISNEXT(base, pc, insn, vm, k) {
        // Only `next, table, nil` iterates by position; ITERN sees by the control slot that it may.
        let s = base.add(a!(insn));
        let f = *s.sub(3) ^ (tag::FUNC << tag::SHIFT);
        if f >> tag::SHIFT == 0
            && (*(f as *const heap::FuncObj)).id == crate::fast::NEXT_ID
            && *s.sub(2) >> tag::SHIFT == tag::TAB
            && *s.sub(1) == tag::NIL_BITS
        {
            *s.sub(1) = KEY_INDEX << 32;
        }
        next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
    }
    fn ITERN(base, pc, insn, vm, k) {
        iterate!(base, pc, insn, vm, k)
    }

    /// `FORL` that counts.
    fn hot_FORL(base, pc, insn, vm, k) {
        if count!(pc, vm, 2) {
            jump!(crate::jit::hot_loop, base, pc, insn, vm, k)
        }
        loop_for!(base, pc, insn, vm, k, back!(base, pc, insn, vm, k))
    }
    /// `ITERL` that counts.
    fn hot_ITERL(base, pc, insn, vm, k) {
        if count!(pc, vm, 2) {
            jump!(crate::jit::hot_loop, base, pc, insn, vm, k)
        }
        loop_iter!(base, pc, insn, vm, k, back!(base, pc, insn, vm, k))
    }
    /// `ITERN` that counts.
    fn hot_ITERN(base, pc, insn, vm, k) {
        if count!(pc, vm, 2) {
            jump!(crate::jit::hot_loop, base, pc, insn, vm, k)
        }
        iterate!(base, pc, insn, vm, k)
    }
    /// `LOOP` that counts.
    fn hot_LOOP(base, pc, insn, vm, k) {
        if count!(pc, vm, 2) {
            jump!(crate::jit::hot_loop, base, pc, insn, vm, k)
        }
        next!(base, pc, vm, k)
    }
    // The trace is that of the FORL before the jump's target, if it still has one.
    fn JFORI(base, pc, insn, vm, k) {
        enter_for!(base, pc, insn, vm, k, jump!(crate::jit::enter_for_trace, base, pc, insn, vm, k))
    }
    fn JFORL(base, pc, insn, vm, k) {
        loop_for!(base, pc, insn, vm, k, jump!(crate::jit::enter_trace, base, pc, insn, vm, k))
    }
    fn JITERL(base, pc, insn, vm, k) {
        loop_iter!(base, pc, insn, vm, k, jump!(crate::jit::enter_trace, base, pc, insn, vm, k))
    }
    fn JLOOP(base, pc, insn, vm, k) {
        jump!(crate::jit::enter_trace, base, pc, insn, vm, k)
    }
    /// `ITERN` with a trace.
    fn JITERN(base, pc, insn, vm, k) {
        jump!(crate::jit::enter_next_trace, base, pc, insn, vm, k)
    }
}
pub(crate) use FORL as IFORL;
pub(crate) use ITERL as IITERL;
pub(crate) use LOOP as ILOOP;

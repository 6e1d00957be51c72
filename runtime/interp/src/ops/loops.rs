//! Loops and jumps.

use crate::worker;
use abi::tag;

/// What the control slot of a specialised `pairs` loop holds above the position: no light userdata has these bits.
pub(crate) const KEY_INDEX: u64 = 0xfffe_7fff;

handlers! {
    fn FORI(base, pc, insn, vm, k) {
        let s = base.add(a!(insn));
        let (idx, stop, step) = (*s, *s.add(1), *s.add(2));
        if idx >= tag::NUM_LIMIT || stop >= tag::NUM_LIMIT || step >= tag::NUM_LIMIT {
            jump!(slow_for, base, pc, insn, vm, k)
        }
        *s.add(3) = idx;
        let (i, n) = (f64::from_bits(idx), f64::from_bits(stop));
        if if (step as i64) >= 0 { i <= n } else { n <= i } {
            next!(base, pc, vm, k)
        }
        next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
    }
    #[cold]
    #[inline(never)]
    fn slow_for(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::arith::for_loop(&mut *vm, insn as u32), vm)
    }
    fn FORL(base, pc, insn, vm, k) {
        let s = base.add(a!(insn));
        let step = *s.add(2);
        let i = std::ptr::read_volatile(s.cast::<f64>()) + std::ptr::read_volatile(s.add(2).cast::<f64>());
        let n = std::ptr::read_volatile(s.add(1).cast::<f64>());
        *s.cast::<f64>() = i;
        if (step as i64) >= 0 {
            if i <= n {
                *s.add(3).cast::<f64>() = i;
                next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
            }
            next!(base, pc, vm, k)
        }
        if n <= i {
            *s.add(3).cast::<f64>() = i;
            next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
        }
        next!(base, pc, vm, k)
    }
    fn ITERL(base, pc, insn, vm, k) {
        let s = base.add(a!(insn));
        let v = *s;
        if v != tag::NIL_BITS {
            *s.sub(1) = v;
            next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
        }
        next!(base, pc, vm, k)
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
        let s = base.add(a!(insn));
        let control = *s.sub(1);
        let t = *s.sub(2) ^ (tag::TAB << tag::SHIFT);
        if control >> 32 != KEY_INDEX || t >> tag::SHIFT != 0 {
            jump!(crate::ops::call::ITERC, base, pc, insn, vm, k)
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
                take_jump!(base, pc, vm, k)
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
                take_jump!(base, pc, vm, k)
            }
            n += 1;
        }
        *s = tag::NIL_BITS;
        next!(base, pc.add(1), vm, k)
    }
}
pub(crate) use FORL as IFORL;
pub(crate) use ITERL as IITERL;
pub(crate) use LOOP as ILOOP;

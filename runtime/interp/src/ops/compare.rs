//! Comparisons and tests: each is followed by a jump, which is taken or skipped.

use crate::worker;
use abi::tag;

macro_rules! ordered {
    ($($name:ident $take:expr, $skip:expr;)*) => { handlers! {$(
        fn $name(base, pc, insn, vm, k) {
            let x: f64 = std::ptr::read_volatile(base.add(a!(insn)).cast::<f64>());
            let y: f64 = std::ptr::read_volatile(base.add(d!(insn)).cast::<f64>());
            let (take, skip): (fn(f64, f64) -> bool, fn(f64, f64) -> bool) = ($take, $skip);
            if take(x, y) {
                take_jump!(base, pc, vm, k)
            }
            if skip(x, y) {
                next!(base, pc.add(1), vm, k)
            }
            jump!(slow_compare, base, pc, insn, vm, k)
        }
    )*}};
}
// The complements (ISGE is "not less") leave NaNs of the program to the slow path, which knows them from tagged values.
ordered! {
    ISLT |x, y| x < y, |x, y| x >= y;
    ISGE |x, y| x >= y, |x, y| x < y;
    ISLE |x, y| x <= y, |x, y| x > y;
    ISGT |x, y| x > y, |x, y| x <= y;
}

macro_rules! equal {
    ($($name:ident $negated:literal;)*) => { handlers! {$(
        fn $name(base, pc, insn, vm, k) {
            let x = *base.add(a!(insn));
            let y = *base.add(d!(insn));
            let equal = if f64::from_bits(x) == f64::from_bits(y) {
                true
            } else if x == y {
                // The same bits, yet not equal as doubles: a tagged value, or a NaN.
                x >= tag::NUM_LIMIT
            } else {
                // Two different tables or userdata may have __eq.
                let t = x >> tag::SHIFT;
                if t == y >> tag::SHIFT && (t == tag::TAB || t == tag::UDATA) {
                    jump!(slow_equal, base, pc, insn, vm, k)
                }
                false
            };
            if equal != $negated {
                take_jump!(base, pc, vm, k)
            }
            next!(base, pc.add(1), vm, k)
        }
    )*}};
}
equal! {
    ISEQV false;
    ISNEV true;
}

macro_rules! equal_constant {
    ($($eq:ident $ne:ident |$base:ident, $insn:ident, $k:ident| $e:expr;)*) => { handlers! {$(
        fn $eq(base, pc, insn, vm, k) {
            let ($base, $insn, $k) = (base, insn, k);
            if $e {
                take_jump!(base, pc, vm, k)
            }
            next!(base, pc.add(1), vm, k)
        }
        fn $ne(base, pc, insn, vm, k) {
            let ($base, $insn, $k) = (base, insn, k);
            if $e {
                next!(base, pc.add(1), vm, k)
            }
            take_jump!(base, pc, vm, k)
        }
    )*}};
}
equal_constant! {
    ISEQS ISNES |base, insn, k| *base.add(a!(insn)) == *k.sub(1 + d!(insn));
    ISEQN ISNEN |base, insn, k| *base.add(a!(insn)).cast::<f64>() == *k.add(d!(insn)).cast::<f64>();
    ISEQP ISNEP |base, insn, _k| *base.add(a!(insn)) == !((d!(insn) as u64) << tag::SHIFT);
}

handlers! {
    fn ISTC(base, pc, insn, vm, k) {
        let v = *base.add(d!(insn));
        if v < tag::FALSE_BITS {
            *base.add(a!(insn)) = v;
            take_jump!(base, pc, vm, k)
        }
        next!(base, pc.add(1), vm, k)
    }
    fn ISFC(base, pc, insn, vm, k) {
        let v = *base.add(d!(insn));
        if v >= tag::FALSE_BITS {
            *base.add(a!(insn)) = v;
            take_jump!(base, pc, vm, k)
        }
        next!(base, pc.add(1), vm, k)
    }
    fn IST(base, pc, insn, vm, k) {
        if *base.add(d!(insn)) < tag::FALSE_BITS {
            take_jump!(base, pc, vm, k)
        }
        next!(base, pc.add(1), vm, k)
    }
    fn ISF(base, pc, insn, vm, k) {
        if *base.add(d!(insn)) >= tag::FALSE_BITS {
            take_jump!(base, pc, vm, k)
        }
        next!(base, pc.add(1), vm, k)
    }
    #[cold]
    #[inline(never)]
    fn slow_compare(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::compare::ordered(&mut *vm, insn as u32), vm)
    }
    #[cold]
    #[inline(never)]
    fn slow_equal(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::compare::equal(&mut *vm, insn as u32), vm)
    }
}

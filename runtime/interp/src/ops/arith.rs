//! Arithmetic: floating point on the fast path; strings, metamethods and errors behind `slow_arith`.
//!
//! Tagged values are NaNs, so one ordered check of the result covers both operands; real NaN results take the slow path, which
//! computes the same.

use crate::worker;

macro_rules! load_num {
    ($p:expr) => {
        std::ptr::read_volatile($p.cast::<f64>())
    };
}

macro_rules! arithmetic {
    ($($vn:ident $nv:ident $vv:ident |$x:ident, $y:ident| $e:expr;)*) => {
        handlers! {$(
            fn $vn(base, pc, insn, vm, k) {
                let $x: f64 = load_num!(base.add(load_b!(pc)));
                let $y: f64 = load_num!(k.add(load_c!(pc)));
                let r: f64 = $e;
                if !r.is_nan() {
                    *base.add(a!(insn)).cast::<f64>() = r;
                    next!(base, pc, vm, k)
                }
                jump!(slow_arith, base, pc, insn, vm, k)
            }
            fn $nv(base, pc, insn, vm, k) {
                let $x: f64 = load_num!(k.add(load_c!(pc)));
                let $y: f64 = load_num!(base.add(load_b!(pc)));
                let r: f64 = $e;
                if !r.is_nan() {
                    *base.add(a!(insn)).cast::<f64>() = r;
                    next!(base, pc, vm, k)
                }
                jump!(slow_arith, base, pc, insn, vm, k)
            }
            fn $vv(base, pc, insn, vm, k) {
                let $x: f64 = load_num!(base.add(load_b!(pc)));
                let $y: f64 = load_num!(base.add(load_c!(pc)));
                let r: f64 = $e;
                if !r.is_nan() {
                    *base.add(a!(insn)).cast::<f64>() = r;
                    next!(base, pc, vm, k)
                }
                jump!(slow_arith, base, pc, insn, vm, k)
            }
        )*}
    };
}

arithmetic! {
    ADDVN ADDNV ADDVV |x, y| x + y;
    SUBVN SUBNV SUBVV |x, y| x - y;
    MULVN MULNV MULVV |x, y| x * y;
    DIVVN DIVNV DIVVV |x, y| x / y;
}

/// Rounds down. The baseline CPU has no instruction for it, so small magnitudes go through an integer.
#[inline(always)]
pub(crate) fn floor(x: f64) -> f64 {
    #[cfg(all(target_arch = "x86_64", not(target_feature = "sse4.1")))]
    {
        // Adding and taking away 2^52 rounds to an integer; then it is corrected down. The sign of zero is kept.
        const BIG: f64 = 4503599627370496.0;
        let m = x.abs();
        if m < BIG {
            let r = (m + BIG) - BIG;
            let r = f64::from_bits(r.to_bits() | (x.to_bits() & (1 << 63)));
            // A mask, not a branch: whether rounding went up is as good as random.
            let excess = u64::from(r > x).wrapping_neg() & 1f64.to_bits();
            return r - f64::from_bits(excess);
        }
        x
    }
    #[cfg(not(all(target_arch = "x86_64", not(target_feature = "sse4.1"))))]
    {
        x.floor()
    }
}

/// `x % y` as the language defines it.
#[inline(always)]
pub(crate) fn modulo(x: f64, y: f64) -> f64 {
    let q = x / y;
    // A quotient from 0 to 2^31 is rounded down by truncation. (The bits of a negative one, or a NaN, are greater; so are those of -0.)
    #[cfg(all(target_arch = "x86_64", not(target_feature = "sse4.1")))]
    if q.to_bits() >> 52 < 1023 + 31 {
        // SAFETY: in range.
        return x - f64::from(unsafe { q.to_int_unchecked::<i32>() }) * y;
    }
    x - floor(q) * y
}

arithmetic! {
    MODVN MODNV MODVV |x, y| modulo(x, y);
}

handlers! {
    fn POW(base, pc, insn, vm, k) {
        let x = load_num!(base.add(b!(insn)));
        let y = load_num!(base.add(c!(insn)));
        // NaN operands must be tested first: pow(NaN, 0) is 1, whatever the NaN stands for.
        if !x.is_nan() && !y.is_nan() {
            let r = x.powf(y);
            if !r.is_nan() {
                *base.add(a!(insn)).cast::<f64>() = r;
                next!(base, pc, vm, k)
            }
        }
        jump!(slow_arith, base, pc, insn, vm, k)
    }
    fn UNM(base, pc, insn, vm, k) {
        let v = *base.add(d!(insn));
        if v < abi::tag::NUM_LIMIT {
            let n = v ^ (1 << 63);
            // The canonical NaN must not become one with another sign: both signs are numbers, so any is fine.
            *base.add(a!(insn)) = n;
            next!(base, pc, vm, k)
        }
        jump!(slow_arith, base, pc, insn, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn slow_arith(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::arith::arith(&mut *vm, insn as u32), vm)
    }
    fn LEN(base, pc, insn, vm, k) {
        let v = *base.add(d!(insn));
        let s = v ^ (abi::tag::STR << abi::tag::SHIFT);
        if s >> abi::tag::SHIFT == 0 {
            *base.add(a!(insn)).cast::<f64>() = f64::from((*(s as *const heap::StrObj)).len);
            next!(base, pc, vm, k)
        }
        let t = v ^ (abi::tag::TAB << abi::tag::SHIFT);
        if t >> abi::tag::SHIFT == 0 {
            jump!(len_table, base, pc, insn, vm, k)
        }
        jump!(slow_len, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn len_table(base, pc, insn, vm, k) {
        let t = (*base.add(d!(insn)) & abi::tag::PTR_MASK) as *const heap::TabObj;
        *base.add(a!(insn)).cast::<f64>() = f64::from(heap::table::len(t));
        next!(base, pc, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn slow_len(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::arith::len(&mut *vm, insn as u32), vm)
    }
    #[inline(never)]
    fn CAT(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::concat::concat(&mut *vm, insn as u32), vm)
    }
    fn NOT(base, pc, insn, vm, k) {
        let v = *base.add(d!(insn));
        *base.add(a!(insn)) = if v >= abi::tag::FALSE_BITS { abi::tag::TRUE_BITS } else { abi::tag::FALSE_BITS };
        next!(base, pc, vm, k)
    }
}

//! Rules for nums.

use super::{Out, eval, num, plain, with};
use crate::Builder;
use ir::{Conv, FpMath, Ins, Op, Ref, Ty};

pub(super) fn constant(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (b.knum(ins.a), b.knum(ins.b)) else { return Out::Next };
    eval::num(ins.op, x, y).map_or(Out::Next, |n| num(b, n))
}

pub(super) fn constant1(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.knum(ins.a) else { return Out::Next };
    let n = match ins.op {
        Op::FPMATH => ins.fpmath().map(|f| eval::fpmath(f, x)),
        op => eval::num(op, x, x),
    };
    n.map_or(Out::Next, |n| num(b, n))
}

pub(super) fn zero(b: &mut Builder, ins: &Ins) -> Out {
    let neutral: f64 = if ins.op == Op::ADD { -0.0 } else { 0.0 };
    if b.knum(ins.b).is_some_and(|k| k.to_bits() == neutral.to_bits()) { Out::Is(ins.a) } else { Out::Next }
}

pub(super) fn add_neg(b: &mut Builder, ins: &Ins) -> Out {
    let negated = |r| b.look(r).filter(|i| i.op == Op::NEG).map(|i| i.a);
    if let Some(y) = negated(ins.b) {
        return plain(Op::SUB, ins.ty, ins.a, y);
    }
    negated(ins.a).map_or(Out::Next, |x| plain(Op::SUB, ins.ty, ins.b, x))
}

pub(super) fn sub_neg(b: &mut Builder, ins: &Ins) -> Out {
    b.look(ins.b).map_or(Out::Next, |y| plain(Op::ADD, ins.ty, ins.a, y.a))
}

pub(super) fn one(b: &mut Builder, ins: &Ins) -> Out {
    match b.knum(ins.b) {
        Some(1.0) => Out::Is(ins.a),
        Some(-1.0) => plain(Op::NEG, Ty::Num, ins.a, Ref::NONE),
        _ => Out::Next,
    }
}

pub(super) fn double(b: &mut Builder, ins: &Ins) -> Out {
    if b.knum(ins.b) == Some(2.0) { plain(Op::ADD, Ty::Num, ins.a, ins.a) } else { Out::Next }
}

pub(super) fn reciprocal(b: &mut Builder, ins: &Ins) -> Out {
    let Some(k) = b.knum(ins.b) else { return Out::Next };
    let (fraction, exponent) = (k.to_bits() & ((1 << 52) - 1), k.to_bits() >> 52 & 0x7ff);
    // The reciprocal must be normal as well: exponents 1 to 0x7fd mirror each other.
    if fraction != 0 || !(1..=0x7fd).contains(&exponent) {
        return Out::Next;
    }
    let k = b.trace_mut().knum(1.0 / k);
    plain(Op::MUL, Ty::Num, ins.a, k)
}

pub(super) fn neg_k(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(k)) = (b.look(ins.a), b.knum(ins.b)) else { return Out::Next };
    let k = b.trace_mut().knum(-k);
    with(ins, x.a, k)
}

pub(super) fn neg_neg(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (b.look(ins.a), b.look(ins.b)) else { return Out::Next };
    with(ins, x.a, y.a)
}

pub(super) fn power(b: &mut Builder, ins: &Ins) -> Out {
    match b.knum(ins.b) {
        Some(0.0) => num(b, 1.0),
        Some(1.0) => Out::Is(ins.a),
        _ => Out::Next,
    }
}

pub(super) fn abs_neg(b: &mut Builder, ins: &Ins) -> Out {
    b.look(ins.a).map_or(Out::Next, |x| with(ins, x.a, ins.b))
}

fn rounds(ins: &Ins) -> bool {
    matches!(ins.fpmath(), Some(FpMath::Floor | FpMath::Ceil | FpMath::Trunc))
}

pub(super) fn round_round(b: &mut Builder, ins: &Ins) -> Out {
    let rounded = rounds(ins) && b.look(ins.a).is_some_and(|x| rounds(&x));
    if rounded { Out::Is(ins.a) } else { Out::Next }
}

pub(super) fn round_int(b: &mut Builder, ins: &Ins) -> Out {
    if rounds(ins) && of_int(b, ins.a).is_some() { Out::Is(ins.a) } else { Out::Next }
}

/// Returns the int that a num is made of.
pub(super) fn of_int(b: &Builder, r: Ref) -> Option<Ref> {
    let ins = b.look(r)?;
    (ins.conv() == Some(Conv::NumInt)).then_some(ins.a)
}

pub(super) fn minmax_int(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = of_int(b, ins.a) else { return Out::Next };
    let y = match b.knum(ins.b) {
        Some(k) => match eval::integral(k) {
            Some(i) if i != 0 || k.is_sign_positive() => b.trace_mut().kint(i),
            _ => return Out::Next,
        },
        None => match of_int(b, ins.b) {
            Some(y) => y,
            None => return Out::Next,
        },
    };
    match b.emit(Ins::new(ins.op, Ty::Int, x, y)) {
        Ok(m) => plain(Op::CONV, Ty::Num, m, Ref::lit(Conv::NumInt as i32)),
        Err(abort) => Out::Stop(abort),
    }
}

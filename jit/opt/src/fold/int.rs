//! Rules for ints, and those that ints and nums share.

use super::{Out, eval, int, plain, with};
use crate::Builder;
use ir::{Ins, Op, Ref, Ty};

pub(super) fn constant(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (b.kint(ins.a), b.kint(ins.b)) else { return Out::Next };
    eval::int(ins.op, x, y).map_or(Out::Next, |n| int(b, n))
}

pub(super) fn constant1(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.kint(ins.a) else { return Out::Next };
    eval::int(ins.op, x, x).map_or(Out::Next, |n| int(b, n))
}

pub(super) fn constant_ov(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (b.kint(ins.a), b.kint(ins.b)) else { return Out::Next };
    eval::int_ov(ins.op, x, y).map_or(Out::Fails, |n| int(b, n))
}

/// `f(x)` for `x = f(y)`: `x`.
pub(super) fn left(_: &mut Builder, ins: &Ins) -> Out {
    Out::Is(ins.a)
}

/// `f(f(x))`: `x`.
pub(super) fn left_left(b: &mut Builder, ins: &Ins) -> Out {
    b.look(ins.a).map_or(Out::Next, |x| Out::Is(x.a))
}

pub(super) fn same(_: &mut Builder, ins: &Ins) -> Out {
    if ins.a == ins.b { Out::Is(ins.a) } else { Out::Next }
}

pub(super) fn minmax_again(b: &mut Builder, ins: &Ins) -> Out {
    let again = b.look(ins.a).is_some_and(|x| x.op == ins.op && x.b == ins.b);
    if again { Out::Is(ins.a) } else { Out::Next }
}

/// Says whether `(a, b)` are to be swapped.
pub(super) fn swaps(a: Ref, b: Ref) -> bool {
    match (a.is_const(), b.is_const()) {
        (true, false) => true,
        (false, false) => a.index() < b.index(),
        _ => false,
    }
}

pub(super) fn order(_: &mut Builder, ins: &Ins) -> Out {
    if swaps(ins.a, ins.b) { with(ins, ins.b, ins.a) } else { Out::Next }
}

pub(super) fn zero(b: &mut Builder, ins: &Ins) -> Out {
    if b.kint(ins.b) == Some(0) { Out::Is(ins.a) } else { Out::Next }
}

pub(super) fn sub_k(b: &mut Builder, ins: &Ins) -> Out {
    let Some(k) = b.kint(ins.b) else { return Out::Next };
    let op = match ins.op {
        Op::SUB => Op::ADD,
        _ if k == i32::MIN => return Out::Next,
        _ => Op::ADDOV,
    };
    let k = b.trace_mut().kint(k.wrapping_neg());
    Out::Again(Ins { op, b: k, ..*ins })
}

pub(super) fn neg(b: &mut Builder, ins: &Ins) -> Out {
    if b.kint(ins.a) == Some(0) { negated(ins.b) } else { Out::Next }
}

fn negated(r: Ref) -> Out {
    plain(Op::NEG, Ty::Int, r, Ref::NONE)
}

pub(super) fn sub_same(b: &mut Builder, ins: &Ins) -> Out {
    if ins.a == ins.b { int(b, 0) } else { Out::Next }
}

pub(super) fn cancel_left(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(x) if x.op == Op::ADD && x.a == ins.b => Out::Is(x.b),
        Some(x) if x.op == Op::ADD && x.b == ins.b => Out::Is(x.a),
        Some(x) if x.op == Op::SUB && x.a == ins.b => negated(x.b),
        _ => Out::Next,
    }
}

pub(super) fn cancel_right(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.b) {
        Some(y) if y.op == Op::SUB && y.a == ins.a => Out::Is(y.b),
        Some(y) if y.op == Op::ADD && y.a == ins.a => negated(y.b),
        Some(y) if y.op == Op::ADD && y.b == ins.a => negated(y.a),
        _ => Out::Next,
    }
}

pub(super) fn cancel_both(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (b.look(ins.a), b.look(ins.b)) else { return Out::Next };
    for (common, p) in [(x.a, x.b), (x.b, x.a)] {
        for (other, q) in [(y.a, y.b), (y.b, y.a)] {
            if common == other {
                return with(ins, p, q);
            }
        }
    }
    Out::Next
}

pub(super) fn cancel_add(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(x) if x.b == ins.b => Out::Is(x.a),
        _ => Out::Next,
    }
}

pub(super) fn mul_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(0) => int(b, 0),
        Some(1) => Out::Is(ins.a),
        Some(-1) => negated(ins.a),
        Some(k) if (k as u32).is_power_of_two() => {
            let k = b.trace_mut().kint(k.trailing_zeros() as i32);
            plain(Op::BSHL, Ty::Int, ins.a, k)
        }
        _ => Out::Next,
    }
}

pub(super) fn mulov_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(1) => Out::Is(ins.a),
        Some(2) => Out::Again(Ins { op: Op::ADDOV, b: ins.a, ..*ins }),
        _ => Out::Next,
    }
}

pub(super) fn mod_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(1) => int(b, 0),
        Some(k) if k > 0 && (k as u32).is_power_of_two() => {
            let mask = b.trace_mut().kint(k - 1);
            plain(Op::BAND, Ty::Int, ins.a, mask)
        }
        _ => Out::Next,
    }
}

/// The instruction before, of the same operation, its constant and this one's.
fn constants(b: &Builder, ins: &Ins) -> Option<(Ins, i32, i32)> {
    let x = b.look(ins.a).filter(|x| x.op == ins.op)?;
    Some((x, b.kint(x.b)?, b.kint(ins.b)?))
}

pub(super) fn assoc(b: &mut Builder, ins: &Ins) -> Out {
    let Some((x, k1, k2)) = constants(b, ins) else { return Out::Next };
    match eval::int(ins.op, k1, k2) {
        Some(k) if k == k1 => Out::Is(ins.a),
        Some(k) => {
            let k = b.trace_mut().kint(k);
            with(ins, x.a, k)
        }
        None => Out::Next,
    }
}

pub(super) fn assoc_ov(b: &mut Builder, ins: &Ins) -> Out {
    let Some((x, k1, k2)) = constants(b, ins) else { return Out::Next };
    match k1.checked_add(k2) {
        Some(k) if (k1 < 0) == (k2 < 0) => {
            let k = b.trace_mut().kint(k);
            with(ins, x.a, k)
        }
        _ => Out::Next,
    }
}

//! Rules for bit operations.

use super::{Out, eval, int, plain, with};
use crate::Builder;
use ir::{Ins, Op, Ref, Ty};

pub(super) fn twice(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(x) if x.op == ins.op => Out::Is(x.a),
        _ => Out::Next,
    }
}

pub(super) fn and_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(0) => Out::Is(ins.b),
        Some(-1) => Out::Is(ins.a),
        _ => Out::Next,
    }
}

pub(super) fn or_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(0) => Out::Is(ins.a),
        Some(-1) => Out::Is(ins.b),
        _ => Out::Next,
    }
}

pub(super) fn xor_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(0) => Out::Is(ins.a),
        Some(-1) => plain(Op::BNOT, Ty::Int, ins.a, Ref::NONE),
        _ => Out::Next,
    }
}

pub(super) fn xor_same(b: &mut Builder, ins: &Ins) -> Out {
    if ins.a == ins.b { int(b, 0) } else { Out::Next }
}

pub(super) fn again(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(x) if x.op == ins.op && (x.a == ins.b || x.b == ins.b) => Out::Is(ins.a),
        _ => Out::Next,
    }
}

pub(super) fn xor_again(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.a) {
        Some(x) if x.a == ins.b => Out::Is(x.b),
        Some(x) if x.b == ins.b => Out::Is(x.a),
        _ => Out::Next,
    }
}

pub(super) fn shift_k(b: &mut Builder, ins: &Ins) -> Out {
    match b.kint(ins.b) {
        Some(k) if k & 31 == 0 => Out::Is(ins.a),
        Some(k) if k & 31 != k => {
            let k = b.trace_mut().kint(k & 31);
            with(ins, ins.a, k)
        }
        _ => Out::Next,
    }
}

pub(super) fn shift_mask(b: &mut Builder, ins: &Ins) -> Out {
    match b.look(ins.b) {
        Some(y) if b.kint(y.b).is_some_and(|k| k & 31 == 31) => with(ins, ins.a, y.a),
        _ => Out::Next,
    }
}

pub(super) fn shift_of_k(b: &mut Builder, ins: &Ins) -> Out {
    match (b.kint(ins.a), ins.op) {
        (Some(0), _) | (Some(-1), Op::BSAR | Op::BROL | Op::BROR) => Out::Is(ins.a),
        _ => Out::Next,
    }
}

pub(super) fn shift_shift(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.look(ins.a).filter(|x| x.op == ins.op) else { return Out::Next };
    let (Some(k1), Some(k2)) = (b.kint(x.b), b.kint(ins.b)) else { return Out::Next };
    let k = match (k1 & 31) + (k2 & 31) {
        k @ 0..32 => k,
        k => match ins.op {
            Op::BSHL | Op::BSHR => return int(b, 0),
            Op::BSAR => 31,
            _ => k & 31,
        },
    };
    let k = b.trace_mut().kint(k);
    with(ins, x.a, k)
}

pub(super) fn shift_and(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.look(ins.a) else { return Out::Next };
    let (Some(mask), Some(k)) = (b.kint(x.b), b.kint(ins.b)) else { return Out::Next };
    let Some(mask) = eval::int(ins.op, mask, k) else { return Out::Next };
    match b.emit(Ins { a: x.a, ..*ins }) {
        Ok(shifted) => {
            let mask = b.trace_mut().kint(mask);
            plain(Op::BAND, Ty::Int, shifted, mask)
        }
        Err(abort) => Out::Stop(abort),
    }
}

pub(super) fn and_shift(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.look(ins.a) else { return Out::Next };
    let (Some(k), Some(mask)) = (b.kint(x.b), b.kint(ins.b)) else { return Out::Next };
    match eval::int(x.op, -1, k) {
        Some(left) if left & !mask == 0 => Out::Is(ins.a),
        _ => Out::Next,
    }
}

pub(super) fn and_or(b: &mut Builder, ins: &Ins) -> Out {
    let Some(x) = b.look(ins.a).filter(|x| x.op != ins.op) else { return Out::Next };
    let (Some(k1), Some(k2)) = (b.kint(x.b), b.kint(ins.b)) else { return Out::Next };
    let useless = if ins.op == Op::BAND { k1 & k2 == 0 } else { k1 | k2 == -1 };
    if useless { with(ins, x.a, ins.b) } else { Out::Next }
}

pub(super) fn and_byte(b: &mut Builder, ins: &Ins) -> Out {
    if b.kint(ins.b).is_some_and(|k| k & 0xff == 0xff) { Out::Is(ins.a) } else { Out::Next }
}

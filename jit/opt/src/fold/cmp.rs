//! Rules for comparisons. All are guards: the answer is whether they hold.

use super::{Out, eval, int, num};
use crate::Builder;
use ir::{Const, Field, Ins, Op, Ty};

pub(super) fn constant(b: &mut Builder, ins: &Ins) -> Out {
    let holds = match (b.knum(ins.a), b.knum(ins.b)) {
        (Some(x), Some(y)) => eval::compare_num(ins.op, x, y),
        _ => match (b.kint(ins.a), b.kint(ins.b)) {
            (Some(x), Some(y)) => eval::compare_int(ins.op, x, y),
            _ => None,
        },
    };
    holds.map_or(Out::Next, Out::guard)
}

pub(super) fn constant_eq(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (b.trace().as_const(ins.a), b.trace().as_const(ins.b)) else { return Out::Next };
    // Constants of different kinds may be the same bits: a number and a shape.
    if std::mem::discriminant(x) != std::mem::discriminant(y) || matches!(x, Const::Num(_)) {
        return Out::Next;
    }
    Out::guard((x == y) == (ins.op == Op::EQ))
}

/// Returns the comparison that holds for `(b, a)` exactly when `op` holds for `(a, b)`.
fn mirrored(op: Op, ty: Ty) -> Op {
    // What is false for unordered nums stays so: `LT`, `LE`, `UGE`, `UGT` are.
    match (op, ty == Ty::Num) {
        (Op::LT, true) => Op::UGT,
        (Op::GE, true) => Op::ULE,
        (Op::LE, true) => Op::UGE,
        (Op::GT, true) => Op::ULT,
        (Op::ULT, true) => Op::GT,
        (Op::UGE, true) => Op::LE,
        (Op::ULE, true) => Op::GE,
        (Op::UGT, true) => Op::LT,
        (Op::LT, false) => Op::GT,
        (Op::GE, false) => Op::LE,
        (Op::LE, false) => Op::GE,
        (Op::GT, false) => Op::LT,
        (Op::ULT, false) => Op::UGT,
        (Op::UGE, false) => Op::ULE,
        (Op::ULE, false) => Op::UGE,
        (Op::UGT, false) => Op::ULT,
        (op, _) => op,
    }
}

pub(super) fn order(_: &mut Builder, ins: &Ins) -> Out {
    let swaps = match ins.op {
        Op::EQ | Op::NE => int::swaps(ins.a, ins.b),
        _ => ins.a.is_const() && !ins.b.is_const(),
    };
    if !swaps {
        return Out::Next;
    }
    Out::Again(Ins { op: mirrored(ins.op, ins.ty), a: ins.b, b: ins.a, ..*ins })
}

pub(super) fn same(_: &mut Builder, ins: &Ins) -> Out {
    if ins.a != ins.b {
        return Out::Next;
    }
    Out::guard(matches!(ins.op, Op::EQ | Op::LE | Op::GE | Op::ULE | Op::UGE))
}

pub(super) fn edge(b: &mut Builder, ins: &Ins) -> Out {
    match (ins.op, b.kint(ins.b)) {
        (Op::GE, Some(i32::MIN)) | (Op::LE, Some(i32::MAX)) | (Op::UGE, Some(0)) | (Op::ULE, Some(-1)) => Out::Holds,
        (Op::LT, Some(i32::MIN)) | (Op::GT, Some(i32::MAX)) | (Op::ULT, Some(0)) | (Op::UGT, Some(-1)) => Out::Fails,
        _ => Out::Next,
    }
}

pub(super) fn nonneg(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(k)) = (b.look(ins.a), b.kint(ins.b)) else { return Out::Next };
    let never_negative = match x.op {
        Op::XLOAD => true,
        Op::FLOAD => {
            matches!(x.field(), Some(Field::StrLen | Field::TabAsize | Field::TabHmask | Field::TabNomm))
        }
        Op::BAND => b.kint(x.b).is_some_and(|m| m >= 0),
        Op::BSHR => b.kint(x.b).is_some_and(|s| s & 31 != 0),
        _ => false,
    };
    if never_negative && k <= 0 { Out::guard(ins.op == Op::GE) } else { Out::Next }
}

/// The comparison of ints that says the same as one of nums: integers are never unordered.
fn of_ints(op: Op) -> Op {
    match op {
        Op::ULT => Op::LT,
        Op::UGE => Op::GE,
        Op::ULE => Op::LE,
        Op::UGT => Op::GT,
        op => op,
    }
}

pub(super) fn ints(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(y)) = (num::of_int(b, ins.a), num::of_int(b, ins.b)) else { return Out::Next };
    Out::Again(Ins { op: of_ints(ins.op), ty: Ty::Int, a: x, b: y, ..*ins })
}

pub(super) fn int_k(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(k)) = (num::of_int(b, ins.a), b.knum(ins.b)) else { return Out::Next };
    let op = of_ints(ins.op);
    let whole = match op {
        // Out of range, or NaN: every int compares like 0.
        _ if !(-2147483648.0..=2147483647.0).contains(&k) => None,
        Op::LT | Op::GE => Some(k.ceil()),
        Op::LE | Op::GT => Some(k.floor()),
        _ if k.floor() == k => Some(k),
        _ => None,
    };
    match whole {
        Some(k) => {
            let k = b.trace_mut().kint(k as i32);
            Out::Again(Ins { op, ty: Ty::Int, a: x, b: k, ..*ins })
        }
        // A fraction is equal to no int, as it is not to 0.
        None => eval::compare_num(ins.op, 0.0, k).map_or(Out::Next, Out::guard),
    }
}

pub(super) fn eq_unop(b: &mut Builder, ins: &Ins) -> Out {
    let (Some(x), Some(k)) = (b.look(ins.a), b.kint(ins.b)) else { return Out::Next };
    let k = match x.op {
        Op::BXOR => match b.kint(x.b) {
            Some(k1) => k1 ^ k,
            None => return Out::Next,
        },
        Op::NEG => k.wrapping_neg(),
        _ => !k,
    };
    let k = b.trace_mut().kint(k);
    Out::Again(Ins { a: x.a, b: k, ..*ins })
}

pub(super) fn eq_addr(b: &mut Builder, ins: &Ins) -> Out {
    match b.trace().as_const(ins.b) {
        Some(Const::Null | Const::NilSlot) => Out::guard(ins.op == Op::NE),
        _ => Out::Next,
    }
}

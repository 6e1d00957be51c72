//! Common subexpressions: an instruction equal to an earlier one is that one.
//!
//! Merged are pure functions, comparisons, addresses, and the making of strings, which are equal if their bytes are. Loads are merged by forwarding,
//! which knows about stores; new objects never.
//!
//! A guard serves a later equal instruction with or without guard; without guard only such.
//!
//! Limits of the search, besides the operands themselves:
//! * CALLB, for objects and addresses: nothing but constants lives in a register across it;
//! * what may move nodes or insert keys, for HREF: NEWREF, calls with effects;
//! * what may close an upvalue or change which slots are the trace's, for UREFO: UCLO, RETF, calls with effects.

use crate::Builder;
use abi::support::Arg;
use ir::{Ins, Kind, Op, Ref, Ty};

/// Finds an earlier instruction with the same value.
pub(crate) fn find(b: &Builder, ins: &Ins) -> Option<usize> {
    if !merges(b, ins) {
        return None;
    }
    let mut at = b.last(ins.op)?;
    let limit = limit(b, ins);
    while at > limit {
        let old = &b.trace().ins[at];
        if (old.a, old.b, old.ty) == (ins.a, ins.b, ins.ty) && !old.is_sunk() && (old.is_guard() || !ins.is_guard()) {
            return Some(at);
        }
        at = b.prev(at)?;
    }
    None
}

/// Says whether equal instructions are one.
fn merges(b: &Builder, ins: &Ins) -> bool {
    match ins.op.kind() {
        Kind::Norm | Kind::Comm | Kind::Refer => true,
        Kind::Cmp => !matches!(ins.op, Op::RETF | Op::UFREE | Op::BMETA),
        Kind::Alloc => match ins.op {
            Op::TOSTR | Op::CAT => true,
            // Memory that is no string's may have changed.
            Op::SNEW => ins.a.is_ins() && b.trace().ins[ins.a.index()].op == Op::STRREF,
            Op::CALLA => ins.ty == Ty::Str && ins.helper().is_some_and(|h| !h.row().args.contains(&Arg::ptr)),
            _ => false,
        },
        Kind::Mark | Kind::Load | Kind::Store => false,
    }
}

/// Returns the youngest instruction that an equal one must be younger than.
fn limit(b: &Builder, ins: &Ins) -> usize {
    let operand = |r: Ref| if r.is_ins() { r.index() } else { 0 };
    let mut limit = ins.refs().map(operand).max().unwrap_or(0);
    let mut behind = |ops: &[Op]| {
        for &op in ops {
            limit = limit.max(b.last(op).unwrap_or(0));
        }
    };
    if ins.op.kind() != Kind::Cmp && (ins.ty == Ty::Ptr || ins.ty.is_gc()) {
        behind(&[Op::CALLB]);
    }
    match ins.op {
        Op::HREF => behind(&[Op::NEWREF, Op::CALLS]),
        Op::UREFO => behind(&[Op::UCLO, Op::RETF, Op::CALLS]),
        Op::UREFS => behind(&[Op::UCLO, Op::RETF, Op::CALLS, Op::CALLB]),
        _ => {}
    }
    limit
}

//! Upvalues: which are one variable, and which slots have none. Metatables of the base types: whether they were asked for.

use super::alias::{Alias, Effect, effect};
use super::{Forward, Seen, chain};
use ir::{Ins, Op, Ref, Variable};

/// Compares two upvalues, both open or both closed.
pub(super) fn relation(t: Seen<'_>, f: Ref, i: i32, g: Ref, k: i32) -> Alias {
    if f == g {
        return if i == k { Alias::Must } else { Alias::No };
    }
    let (x, y) = (t.trace.variable(f, i as u32), t.trace.variable(g, k as u32));
    let made_before = |h: Ref, owner: usize| !h.is_ins() || h.index() < owner;
    match (x, y) {
        _ if x == y => Alias::Must,
        // Two upvalues of one function are two variables.
        (Variable::Of(f, _), Variable::Of(g, _)) if f == g => Alias::No,
        (Variable::Local { .. }, Variable::Local { .. }) => Alias::No,
        // What was there before a variable was captured has it not.
        (Variable::Local { owner, .. }, Variable::Of(h, _)) | (Variable::Of(h, _), Variable::Local { owner, .. })
            if made_before(h, owner) =>
        {
            Alias::No
        }
        _ => Alias::May(None),
    }
}

/// Drops the question which metatable a base type has if it was asked before, and nothing since may have changed it.
pub(super) fn metatable(t: Seen<'_>, ins: &Ins) -> Forward {
    let asked = chain(t, Op::BMETA, super::alias::clobber(t)).any(|i| (t.ins[i].a, t.ins[i].b) == (ins.a, ins.b));
    if asked { Forward::Use(Ref::NONE) } else { Forward::Emit }
}

/// Drops the question whether slots have no open upvalues if the trace knows that they have none: it asked, or closed them, and captured
/// none since that is not closed.
pub(super) fn free(t: Seen<'_>, ins: &Ins) -> Forward {
    let low = ins.a.as_lit();
    let mut closed = i32::MAX;
    for i in (1..t.ins.len()).rev() {
        let old = t.ins[i];
        match old.op {
            Op::UFREE | Op::UCLO if old.a.as_lit() <= low && !old.is_sunk() => return Forward::Use(Ref::NONE),
            Op::UCLO => closed = closed.min(old.a.as_lit()),
            Op::FNEW => {
                let captures = |s: i32| (low..closed).contains(&s);
                if t.trace.closure(Ref::ins(i)).is_none_or(|c| c.slots().any(captures)) {
                    break;
                }
            }
            Op::CALLB | Op::RETF => break,
            Op::CALLS if effect(t, i) == Effect::All => break,
            _ => {}
        }
    }
    Forward::Emit
}

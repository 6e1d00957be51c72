//! Dead stores: those of what is there already, and earlier ones that are overwritten.
//!
//! An earlier store is removed when the same place is written again and nothing between could see it: no exit, no load that may read it, no
//! call. It becomes NOP.
//!
//! Invariant: no store is removed across LOOP: it stands for the store of every round.

use crate::Builder;
use crate::mem::alias::{Alias, effect, relation};
use crate::mem::place::{Place, place};
use crate::mem::{Seen, field, slot, value};
use ir::{Ins, Op, Ref, Ty};

/// Says whether a store that is to be emitted is superfluous; removes the one it makes superfluous.
pub(crate) fn store(b: &mut Builder, ins: &Ins) -> bool {
    let t = b.seen();
    let there = match ins.op {
        Op::ASTORE | Op::HSTORE | Op::USTORE => value::is_there(t, ins.a, ins.b),
        Op::FSTORE => match place(t, ins.a) {
            Place::Field(obj, f) => field::is_there(t, obj, f, ins.b),
            _ => false,
        },
        Op::SSTORE => slot::is_there(t, ins.a, ins.b),
        _ => return false,
    };
    if there {
        return true;
    }
    if let Some(i) = overwritten(t, ins) {
        b.trace_mut().ins[i] = Ins::new(Op::NOP, Ty::Void, Ref::NONE, Ref::NONE);
    }
    false
}

/// Finds the store that a new one makes superfluous.
fn overwritten(t: Seen<'_>, ins: &Ins) -> Option<usize> {
    let here = |i: usize| match ins.op {
        Op::SSTORE => t.ins[i].a == ins.a,
        _ => relation(t, place(t, ins.a), place(t, t.ins[i].a)) == Alias::Must,
    };
    for i in (1..t.ins.len()).rev() {
        let between = t.ins[i];
        if between.op == ins.op && here(i) {
            return Some(i);
        }
        if sees(t, i, between, ins) {
            return None;
        }
    }
    None
}

/// Says whether an instruction may see, or end the reach of, an earlier store to the place of `ins`.
fn sees(t: Seen<'_>, i: usize, between: Ins, ins: &Ins) -> bool {
    if between.is_guard() {
        return true;
    }
    match between.op {
        Op::LOOP | Op::GCSTEP | Op::CALLB | Op::RETF | Op::UCLO | Op::NEWREF => true,
        Op::CALLS => effect(t, i) != crate::mem::alias::Effect::None,
        Op::CALLL => !matches!(ins.op, Op::SSTORE),
        Op::ALOAD | Op::HLOAD => matches!(ins.op, Op::ASTORE | Op::HSTORE),
        Op::ULOAD => ins.op == Op::USTORE,
        Op::FLOAD | Op::HREF => ins.op == Op::FSTORE,
        Op::SLOAD => ins.op == Op::SSTORE && between.a == ins.a,
        _ => false,
    }
}

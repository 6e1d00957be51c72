//! Guards before a loop that make its rounds cheaper.
//!
//! Two kinds. *Tables differ*: a load of the loop could leave it, or find what the round before stored, if only a store went into another table; both
//! tables are the same in every round, so one comparison settles it. *Index in bounds*: the index begins somewhere, goes by a constant step and is
//! compared with a limit that does not change; if first index and limit are in bounds, so are all between.
//!
//! The guards leave the trace through the final map, at the head of the loop. They are bets: where the recorder told what values were
//! ([`Builder::observe`]) a bet that would have been lost is not made.
//!
//! Invariant: tables that a guard tells apart are the same in every round, or the loop is not peeled so.
//! Invariant: array parts have at most 2^30 slots and offsets at most 2^28, so neither index nor limit can have wrapped around where both are in
//! bounds, and a step of at most 2^28 from the limit does not wrap around either.

use super::Peeled;
use super::phi::varies;
use crate::Builder;
use crate::abc::{self, Range};
use crate::mem::place::split;
use abi::abort::Abort;
use ir::{Ins, Kind, Op, Ref, Ty};

/// Largest offset and step that are looked at.
const MAX_OFFSET: u32 = 1 << 28;
/// How deep loads from loads are followed.
const DEPTH: u32 = 6;
/// Most guards of each kind.
const MAX_GUARDS: usize = 8;

/// Says whether a value is the same in every round.
pub(super) fn fixed(p: &Peeled, r: Ref) -> bool {
    !r.is_ins() || r.index() < p.at && !varies(p, r.index())
}

/// Says whether a value may be the same in every round, if loads are.
fn may_be_fixed(b: &Builder, p: &Peeled, r: Ref, depth: u32) -> bool {
    if fixed(p, r) {
        return true;
    }
    let ins = b.trace().ins[r.index()];
    let address =
        matches!(ins.op.kind(), Kind::Load | Kind::Refer) && !matches!(ins.op, Op::SLOAD | Op::CALLL | Op::MRES);
    r.index() < p.at && address && depth > 0 && ins.refs().all(|x| may_be_fixed(b, p, x, depth - 1))
}

/// Returns pairs of tables that loads of the peeled loop want to be told apart. Whether they are fixed shows when they are.
pub(super) fn pairs(recorded: &Builder, peeled: &Builder, p: &Peeled) -> Vec<(Ref, Ref)> {
    let mut pairs: Vec<(Ref, Ref)> = Vec::new();
    let seen = |r: Ref| recorded.state().seen.get(&r).copied();
    for &(x, y) in &peeled.state().wishes {
        let pair = (x.min(y), x.max(y));
        let lost = seen(x).is_some() && seen(x) == seen(y);
        let hopeful = may_be_fixed(peeled, p, x, DEPTH) && may_be_fixed(peeled, p, y, DEPTH);
        if hopeful && !lost && !pairs.contains(&pair) && pairs.len() < MAX_GUARDS {
            pairs.push(pair);
        }
    }
    pairs
}

/// Emits guards that tables differ.
pub(super) fn tell_apart(b: &mut Builder, pairs: &[(Ref, Ref)]) -> Result<(), Abort> {
    for &(x, y) in pairs {
        b.emit(Ins::guard(Op::NE, Ty::Tab, y, x))?;
    }
    Ok(())
}

/// Emits checks of first index and limit for checks in the peeled loop; says whether there are any.
pub(super) fn check_limits(before: &mut Builder, peeled: &Builder, p: &Peeled) -> Result<bool, Abort> {
    let end = before.trace().ins.len();
    for (range, index, limit) in ranges(peeled, p).into_iter().take(MAX_GUARDS) {
        for i in [index, limit] {
            let k = before.trace_mut().kint(i.1);
            let at = if i.1 == 0 { i.0 } else { before.emit(Ins::new(Op::ADD, Ty::Int, i.0, k))? };
            before.emit(Ins::guard(Op::ABC, Ty::Int, range.size, at))?;
        }
        before.state_mut().ranges.push(range);
    }
    Ok(before.trace().ins.len() > end)
}

/// A check left in a loop, first index and limit as value and offset.
type Hoisted = (Range, (Ref, i32), (Ref, i32));

/// Finds the bounds checks left in the loop whose index runs up or down to a fixed limit: what is checked, and first index and limit
/// as value and offset. Of many offsets the least and the greatest suffice.
fn ranges(b: &Builder, p: &Peeled) -> Vec<Hoisted> {
    let t = b.trace();
    let mut out: Vec<Hoisted> = Vec::new();
    let mut add = |r: Range, step: (Ref, i32), limit: (Ref, i32)| {
        // From the offset to the index of the round before to that of this round.
        let off = r.off.wrapping_sub(step.1);
        let lost = match (number(b, r.size), number(b, limit.0)) {
            (Some(size), Some(stop)) => !(0..size).contains(&(stop + i64::from(limit.1) + i64::from(off))),
            _ => false,
        };
        if off.unsigned_abs() <= MAX_OFFSET && !lost {
            out.push((r, (step.0, off), (limit.0, limit.1.wrapping_add(off))));
        }
    };
    let checks: Vec<Range> = (p.at..t.ins.len())
        .filter(|&i| t.ins[i].op == Op::ABC)
        .map(|i| {
            let (base, off) = split(b.seen(), t.ins[i].b);
            Range { size: t.ins[i].a, base, off }
        })
        .collect();
    for r in &checks {
        let alike = |o: &&Range| (o.size, o.base) == (r.size, r.base);
        let least = checks.iter().filter(alike).map(|o| o.off).min() == Some(r.off);
        let most = checks.iter().filter(alike).map(|o| o.off).max() == Some(r.off);
        let invariant = fixed(p, r.size);
        if (least || most)
            && invariant
            && let Some((step, limit)) = induction(b, p, r.base)
        {
            add(*r, step, limit);
        }
    }
    out.sort_by_key(|o| (o.0.size, o.0.base, o.0.off));
    out.dedup_by_key(|o| o.0);
    out
}

/// Returns the number behind a reference, or that was seen there.
fn number(b: &Builder, r: Ref) -> Option<i64> {
    abc::int(b.seen(), r).map(i64::from).or_else(|| b.state().seen.get(&r).copied())
}

/// Finds step and limit of a loop variable `base`, a slot: its value at the end of the round with the step, and what it never passes.
fn induction(b: &Builder, p: &Peeled, base: Ref) -> Option<((Ref, i32), (Ref, i32))> {
    let t = b.trace();
    let slot = t.ins.get(base.index()).filter(|i| base.is_ins() && i.op == Op::SLOAD && i.ty == Ty::Int)?.a.as_lit();
    let next = p.last.entries.iter().find(|e| e.0 == slot)?.1;
    let (from, step) = split(b.seen(), next);
    if from != base || step == 0 || step.unsigned_abs() > MAX_OFFSET || !next.is_ins() || t.ty(next) != Ty::Int {
        return None;
    }
    let limit = t.ins[..p.at].iter().filter(|i| i.is_guard() && i.ty == Ty::Int).find_map(|i| {
        let (op, stop) = if i.a == next {
            (i.op, i.b)
        } else if i.b == next {
            (mirrored(i.op)?, i.a)
        } else {
            return None;
        };
        let slack = match (op, step > 0) {
            (Op::LE, true) | (Op::GE, false) => 0,
            (Op::LT, true) => -1,
            (Op::GT, false) => 1,
            _ => return None,
        };
        fixed(p, stop).then_some((stop, slack))
    })?;
    Some(((next, step), limit))
}

/// Returns the comparison with its operands exchanged.
fn mirrored(op: Op) -> Option<Op> {
    match op {
        Op::LT => Some(Op::GT),
        Op::GT => Some(Op::LT),
        Op::LE => Some(Op::GE),
        Op::GE => Some(Op::LE),
        _ => None,
    }
}

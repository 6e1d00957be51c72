//! Alias analysis: whether two references may be one table, two addresses one place.

use super::place::{Key, Part, Place, Rel, key_rel, place};
use super::{Seen, chain, ins};
use abi::support::Helper;
use ir::{Field, Op, Ref};

/// How many stores a search looks at; those before might be anything.
const PATIENCE: usize = 400;

/// What two places are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alias {
    /// Surely different.
    No,
    /// Unknown; if only because two tables may be one, these.
    May(Option<(Ref, Ref)>),
    /// Surely the same.
    Must,
}

/// Says whether a reference is a table allocated on the trace.
pub(crate) fn is_fresh(t: Seen<'_>, r: Ref) -> bool {
    r.is_ins() && matches!(t.ins[r.index()].op, Op::TNEW | Op::TDUP)
}

/// Says whether two references may be one table.
pub(crate) fn may_be_one(t: Seen<'_>, a: Ref, b: Ref) -> bool {
    if a == b {
        return true;
    }
    if a.is_const() && is_fresh(t, b) || b.is_const() && is_fresh(t, a) {
        return false;
    }
    let (old, new) = if a.index() < b.index() { (a, b) } else { (b, a) };
    if !old.is_ins() || !new.is_ins() {
        return true;
    }
    // What was there before an allocation is not its result, and what came after is only if the result was stored somewhere.
    if is_fresh(t, new) || is_fresh(t, old) && !escapes(t, old, new.index()) {
        return false;
    }
    if chain(t, Op::NE, new.index()).any(|i| (t.ins[i].a, t.ins[i].b) == (a, b) || (t.ins[i].a, t.ins[i].b) == (b, a)) {
        return false;
    }
    !differ_in_shape(t, a, b)
}

/// Says whether an object's reference was put into memory, or given away, before `end`.
pub(crate) fn escapes(t: Seen<'_>, r: Ref, end: usize) -> bool {
    let first = r.index();
    let stored = [Op::ASTORE, Op::HSTORE, Op::USTORE, Op::FSTORE, Op::SSTORE, Op::NEWREF];
    stored.iter().any(|&op| chain(t, op, first).any(|i| i < end && t.ins[i].b == r))
        || [Op::CALLS, Op::CALLA].iter().any(|&op| chain(t, op, first).any(|i| i < end && is_given(t, i, r)))
        || chain(t, Op::CALLB, first).any(|i| i < end)
}

/// Says whether a call may keep one of its arguments, `r`.
fn is_given(t: Seen<'_>, call: usize, r: Ref) -> bool {
    let keeps = effect(t, call) == Effect::All || t.ins[call].op == Op::CALLA;
    keeps && t.args(t.ins[call].a).contains(&r)
}

/// Says whether both were compared with different shapes, and nothing changed a shape between the loads.
fn differ_in_shape(t: Seen<'_>, a: Ref, b: Ref) -> bool {
    let (Some((i, x)), Some((k, y))) = (t.shape(a), t.shape(b)) else { return false };
    let (lo, hi) = (i.min(k), i.max(k));
    x != y && ![Op::NEWREF, Op::CALLS, Op::CALLB].iter().any(|&op| chain(t, op, lo).any(|i| i < hi))
}

/// Compares two places.
pub(crate) fn relation(t: Seen<'_>, x: Place, y: Place) -> Alias {
    match (x, y) {
        (Place::Any, _) | (_, Place::Any) => Alias::May(None),
        (Place::Slot(p, ta, ka), Place::Slot(q, tb, kb)) => {
            if p == Part::Array && q == Part::Hash || p == Part::Hash && q == Part::Array {
                return Alias::No;
            }
            let node = |k| matches!(k, Key::Node(..));
            if node(ka) && q == Part::Array || node(kb) && p == Part::Array {
                return Alias::No;
            }
            match key_rel(t, ka, kb) {
                Rel::Differ => Alias::No,
                rel if ta == tb => {
                    if rel == Rel::Same {
                        Alias::Must
                    } else {
                        Alias::May(None)
                    }
                }
                _ if may_be_one(t, ta, tb) => Alias::May(Some((ta, tb))),
                _ => Alias::No,
            }
        }
        (Place::Up(open, f, i), Place::Up(other, g, k)) if open == other => super::upval::relation(t, f, i, g, k),
        (Place::Field(o, f), Place::Field(p, g)) => {
            if f != g {
                Alias::No
            } else if o == p {
                Alias::Must
            } else if is_table_field(f) && !may_be_one(t, o, p) {
                Alias::No
            } else {
                Alias::May(None)
            }
        }
        _ => Alias::No,
    }
}

/// Says whether a field is one of a table.
fn is_table_field(f: i32) -> bool {
    [Field::TabMeta, Field::TabArray, Field::TabNode, Field::TabAsize, Field::TabHmask, Field::TabShape, Field::TabNomm]
        .iter()
        .any(|&x| x as i32 == f)
}

/// What a call with effects does to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing that a load could see.
    None,
    /// Empties this table.
    Clear(Ref),
    /// Anything.
    All,
}

/// Returns what the call at `i` does.
pub(crate) fn effect(t: Seen<'_>, i: usize) -> Effect {
    let ins = t.ins[i];
    match ins.op {
        Op::CALLS => match Helper::ALL.get(ins.b.as_lit() as usize) {
            Some(Helper::tab_barrier | Helper::upval_barrier | Helper::upvals_close | Helper::random) => Effect::None,
            Some(Helper::tab_clear) => t.args(ins.a).last().map_or(Effect::All, |&r| Effect::Clear(r)),
            _ => Effect::All,
        },
        Op::CALLB => Effect::All,
        _ => Effect::None,
    }
}

/// Returns the latest instruction that may change any place.
pub(crate) fn clobber(t: Seen<'_>) -> usize {
    let call = chain(t, Op::CALLS, 0).find(|&i| effect(t, i) == Effect::All).unwrap_or(0);
    call.max(super::last(t, Op::CALLB))
}

/// The same for upvalues: which open ones are slots of the trace is another matter after a return to a lower frame.
pub(crate) fn clobber_up(t: Seen<'_>, open: bool) -> usize {
    let frame = if open { super::last(t, Op::RETF) } else { 0 };
    clobber(t).max(frame)
}

/// Returns the latest instruction above `down` that may change any value in a table, stores aside.
pub(crate) fn clear(t: Seen<'_>, table: Ref, down: usize) -> usize {
    let hits = |i: usize| match effect(t, i) {
        Effect::None => false,
        Effect::Clear(r) => may_be_one(t, r, table),
        Effect::All => true,
    };
    chain(t, Op::CALLS, down).find(|&i| hits(i)).unwrap_or(down).max(chain(t, Op::CALLB, down).next().unwrap_or(down))
}

/// Returns the latest instruction above `down` that may move a table's parts, or change its keys.
pub(crate) fn reshape(t: Seen<'_>, table: Ref, down: usize) -> usize {
    let new = chain(t, Op::NEWREF, down).find(|&i| may_be_one(t, t.ins[i].a, table)).unwrap_or(down);
    new.max(clear(t, table, down))
}

/// Returns the latest store above `down` of the operations to a place that may be this one.
pub(crate) fn stores<'t>(
    t: Seen<'t>,
    ops: &'t [Op],
    x: Place,
    down: usize,
) -> impl Iterator<Item = (usize, Alias)> + 't {
    let mut left = PATIENCE;
    merged(t, ops, down)
        .map(move |i| {
            left -= left.min(1);
            (i, if left == 0 { Alias::May(None) } else { relation(t, x, place(t, t.ins[i].a)) })
        })
        .filter(|&(_, alias)| alias != Alias::No)
}

/// Gives the instructions of several operations, latest first, down to (not including) `down`.
fn merged<'t>(t: Seen<'t>, ops: &'t [Op], down: usize) -> impl Iterator<Item = usize> + 't {
    let above = move |&i: &usize| i > down;
    let mut heads = [None; 2];
    for (h, &op) in heads.iter_mut().zip(ops) {
        *h = t.youngest(op).filter(above);
    }
    std::iter::from_fn(move || {
        let n = (0..heads.len()).max_by_key(|&n| heads[n])?;
        let i = heads[n]?;
        heads[n] = t.older(i).filter(above);
        Some(i)
    })
    .filter(move |&i| ops.contains(&t.ins[i].op))
}

/// Says whether the table was made on the trace and nobody but the trace's instructions on it changed it, up to now: then
/// what it holds is known.
pub(crate) fn is_own(t: Seen<'_>, table: Ref) -> bool {
    is_fresh(t, table) && clear(t, table, table.index()) == table.index()
}

/// Returns the keys inserted into a table made on the trace, in order; none if another table's insertion may have been into it.
pub(crate) fn inserted(t: Seen<'_>, table: Ref) -> Option<Vec<Ref>> {
    if !is_own(t, table) {
        return None;
    }
    let mut keys = Vec::new();
    for i in chain(t, Op::NEWREF, table.index()) {
        let new = ins(t, Ref::ins(i), Op::NEWREF)?;
        if new.a == table {
            keys.push(new.b);
        } else if may_be_one(t, new.a, table) {
            return None;
        }
    }
    keys.reverse();
    Some(keys)
}

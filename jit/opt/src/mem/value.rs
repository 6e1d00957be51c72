//! Values of arrays, hash parts and upvalues.

use super::alias::{Alias, clear, clobber, clobber_up, is_own, stores};
use super::place::{Part, Place, place};
use super::{Forward, Seen, as_type, chain};
use crate::Builder;
use abi::abort::Abort;
use ir::{Const, Ins, Op, Ref, Ty};

/// What is known of the value at an address.
enum Known {
    /// This was stored.
    Stored(Ref),
    /// This load gave it.
    Loaded(Ref),
    /// Never set.
    Unset,
}

/// Operations that store, and that load, values of a place.
fn operations(x: Place) -> (&'static [Op], &'static [Op]) {
    match x {
        Place::Up(..) => (&[Op::USTORE], &[Op::ULOAD]),
        // Upvalues of builtins: no trace stores there.
        Place::Field(..) => (&[], &[Op::ULOAD]),
        Place::Slot(Part::Array, ..) => (&[Op::ASTORE, Op::HSTORE], &[Op::ALOAD]),
        Place::Slot(Part::Hash, ..) => (&[Op::HSTORE], &[Op::HLOAD]),
        _ => (&[Op::ASTORE, Op::HSTORE], &[Op::ALOAD, Op::HLOAD]),
    }
}

/// Finds what is known of the value at an address; collects tables that only might be one and so kept it from being known.
fn value_at(t: Seen<'_>, addr: Ref, wishes: Option<&mut Vec<(Ref, Ref)>>) -> Option<Known> {
    let x = place(t, addr);
    let (stored, loaded) = operations(x);
    let kill = match x {
        Place::Slot(_, table, _) => clear(t, table, 0),
        Place::Up(open, ..) => clobber_up(t, open),
        _ => clobber(t),
    };
    let mut down = kill;
    let mut may = None;
    for (i, alias) in stores(t, stored, x, kill) {
        match alias {
            Alias::Must => {
                down = i;
                if may.is_none() {
                    return Some(Known::Stored(t.ins[i].b));
                }
            }
            // The conflicts before a hit would have to be wished away all.
            Alias::May(Some(pair)) if wishes.is_some() => {
                may.get_or_insert((i, Vec::new())).1.push(pair);
                continue;
            }
            Alias::May(_) | Alias::No => down = i,
        }
        break;
    }
    let same = |i: &usize| {
        let other = t.ins[*i].a;
        other == addr || matches!(super::alias::relation(t, x, place(t, other)), Alias::Must)
    };
    let hit = loaded.iter().filter_map(|&op| chain(t, op, down).find(same)).max();
    match (may, hit) {
        (Some((conflict, pairs)), hit) => match (hit, wishes) {
            (Some(i), _) if i > conflict => return Some(Known::Loaded(Ref::ins(i))),
            (hit, Some(wishes)) => {
                if hit.is_some() || down > kill {
                    wishes.extend(pairs);
                }
                return None;
            }
            _ => return None,
        },
        (None, Some(i)) => return Some(Known::Loaded(Ref::ins(i))),
        (None, None) => {}
    }
    match x {
        Place::Slot(_, table, _) if down == kill && is_own(t, table) && super::ins(t, table, Op::TNEW).is_some() => {
            Some(Known::Unset)
        }
        _ => None,
    }
}

/// Forwards a load from an array, a hash part, an upvalue.
pub(super) fn load(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    if let Some(Const::NilSlot) = b.seen().as_const(ins.a) {
        let nil = b.konst(Const::Pri(Ty::Nil));
        return Ok(Forward::Use(as_type(b, nil, ins.ty)?));
    }
    let looped = super::last(b.seen(), Op::LOOP) > 0;
    let mut wishes = Vec::new();
    let known = value_at(b.seen(), ins.a, looped.then_some(&mut wishes));
    b.state_mut().wishes.extend(wishes);
    let v = match known {
        None => return Ok(Forward::Emit),
        Some(Known::Stored(v) | Known::Loaded(v)) => v,
        Some(Known::Unset) => b.konst(Const::Pri(Ty::Nil)),
    };
    Ok(Forward::Use(as_type(b, v, ins.ty)?))
}

/// Says whether the value at an address is this one already.
pub(crate) fn is_there(t: Seen<'_>, addr: Ref, v: Ref) -> bool {
    matches!(value_at(t, addr, None), Some(Known::Stored(x) | Known::Loaded(x)) if x == v)
}

/// Says whether the value at an address is known and not nil.
pub(super) fn is_non_nil(b: &Builder, addr: Ref) -> bool {
    let t = b.seen();
    match value_at(t, addr, None) {
        Some(Known::Stored(v)) => t.ty(v) != Ty::Nil,
        Some(Known::Loaded(v)) => t.ins[v.index()].is_guard() && t.ty(v) != Ty::Nil,
        _ => false,
    }
}

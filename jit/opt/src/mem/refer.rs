//! Addresses, keys of nodes, bytes of strings; and stores, as far as they are superfluous.

use super::alias::{clobber, clobber_up, inserted, is_own, reshape};
use super::place::{Key, Place, Rel, key_of, key_rel, name, place};
use super::{Forward, Seen, chain, ins, same};
use crate::Builder;
use abi::abort::Abort;
use ir::{Const, Field, Ins, Op, Ref, Ty};

/// Forwards an address.
pub(super) fn address(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let t = b.seen();
    Ok(match ins.op {
        Op::HREF => href(b, ins),
        Op::HREFK => return hrefk(b, ins),
        // A pointer to a part is loaded again if it may have moved, so what is computed from it needs no look for that.
        Op::AREF | Op::HREFI | Op::FREF | Op::STRREF => same(t, ins, super::last(t, Op::CALLB)),
        op => same(t, ins, clobber_up(t, op == Op::UREFO)),
    })
}

/// Finds where a key was put by an insertion that is the latest that may have moved nodes of its table.
fn newref(t: Seen<'_>, table: Ref, key: Key) -> Option<Ref> {
    let i = reshape(t, table, 0);
    let new = (i > 0).then(|| ins(t, Ref::ins(i), Op::NEWREF)).flatten()?;
    (new.a == table && key_rel(t, key_of(t, new.b), key) == Rel::Same).then_some(Ref::ins(i))
}

/// Forwards a lookup.
fn href(b: &mut Builder, ins: &Ins) -> Forward {
    let t = b.seen();
    let key = key_of(t, ins.b);
    if let Some(r) = newref(t, ins.a, key) {
        return Forward::Use(r);
    }
    let made = if is_own(t, ins.a) { super::ins(t, ins.a, Op::TNEW) } else { None };
    let number = t.ty(ins.b).is_number();
    if let (Some(made), Some(keys)) = (made, inserted(t, ins.a)) {
        let absent = keys.iter().all(|&k| key_rel(t, key_of(t, k), key) == Rel::Differ);
        let in_array = number && (made.a.as_lit() > 0 || keys.iter().any(|&k| t.ty(k).is_number()));
        if absent && !in_array {
            return Forward::Use(b.konst(Const::NilSlot));
        }
    }
    same(t, ins, reshape(t, ins.a, 0))
}

/// Forwards an address in a hash part whose keys are known.
fn hrefk(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let t = b.seen();
    let table = super::ins(t, ins.a, Op::FLOAD).filter(|l| l.b.as_lit() == Field::TabNode as i32).map(|l| l.a);
    if let Some(table) = table {
        if let Some(r) = newref(t, table, Key::Val(ins.b, Ty::Str)) {
            return Ok(Forward::Use(r));
        }
        if !super::field::is_laid_out(b, table)
            && let Some(s) = name(t, ins.b).map(std::sync::Arc::<[u8]>::from)
        {
            let key = b.konst(Const::Str(s));
            let find = Ins::new(Op::HREF, Ty::Ptr, table, key);
            return match href(b, &find) {
                Forward::Emit => Ok(Forward::Instead(find)),
                // A key that was never inserted is in no node.
                Forward::Use(r) if r.is_const() => Err(Abort::GuardFails),
                found => Ok(found),
            };
        }
    }
    Ok(same(b.seen(), ins, super::last(b.seen(), Op::CALLB)))
}

/// Forwards the key of a node.
pub(super) fn key(b: &Builder, ins: &Ins) -> Forward {
    let t = b.seen();
    let down = match place(t, ins.a) {
        Place::Slot(_, table, _) => reshape(t, table, 0),
        _ => clobber(t).max(super::last(t, Op::NEWREF)).max(super::last(t, Op::CALLS)),
    };
    same(t, ins, down)
}

/// Forwards a byte of a string.
pub(super) fn byte(b: &Builder, ins: &Ins) -> Forward {
    same(b.seen(), ins, super::last(b.seen(), Op::CALLB))
}

/// Drops barriers that are not needed: of a table nobody can have traversed, and repeated ones.
pub(super) fn store(b: &Builder, ins: &Ins) -> Forward {
    let t = b.seen();
    let gone = match ins.op {
        Op::TBAR => {
            let safe = super::last(t, Op::CALLB);
            super::field::is_untraversed(t, ins.a) || chain(t, Op::TBAR, safe).any(|i| t.ins[i].a == ins.a)
        }
        _ => false,
    };
    if gone { Forward::Use(Ref::NONE) } else { Forward::Emit }
}

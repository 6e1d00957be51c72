//! Slots of the stack, and the number of multiple results.

use super::{Forward, Seen, as_type, chain, same};
use crate::Builder;
use abi::abort::Abort;
use ir::{Ins, Op, Ref, Ty, sload};

/// Returns the latest instruction after which slots are not what was stored: it wrote some, or counts them anew.
pub(crate) fn clobber(t: Seen<'_>) -> usize {
    super::alias::clobber(t).max(super::last(t, Op::RETF))
}

/// Forwards a load of a slot.
pub(super) fn load(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let t = b.seen();
    let down = clobber(t);
    let flags = ins.b.as_lit();
    if flags & sload::PARENT != 0 {
        return Ok(same(t, ins, down));
    }
    let stored = chain(t, Op::SSTORE, down).find(|&i| t.ins[i].a == ins.a).map(|i| t.ins[i].b);
    if let Some(v) = stored {
        return Ok(Forward::Use(as_type(b, v, ins.ty)?));
    }
    let earlier = chain(t, Op::SLOAD, down).find(|&i| t.ins[i].a == ins.a && t.ins[i].b.as_lit() & sload::PARENT == 0);
    let Some((from, r)) = earlier.map(|i| (t.ins[i].ty, Ref::ins(i))) else { return Ok(Forward::Emit) };
    if from == ins.ty || from.is_number() && ins.ty.is_number() {
        return Ok(Forward::Use(as_type(b, r, ins.ty)?));
    }
    // The earlier load compared the type, or it was known.
    Err(Abort::GuardFails)
}

/// Says whether a slot has this value already.
pub(crate) fn is_there(t: Seen<'_>, slot: Ref, v: Ref) -> bool {
    let down = clobber(t);
    match chain(t, Op::SSTORE, down).find(|&i| t.ins[i].a == slot) {
        Some(i) => t.ins[i].b == v,
        None => chain(t, Op::SLOAD, down)
            .any(|i| Ref::ins(i) == v && t.ins[i].a == slot && t.ins[i].b.as_lit() & sload::PARENT == 0),
    }
}

/// Forwards the number of multiple results.
pub(super) fn multres(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let t = b.seen();
    let down = super::alias::clobber(t);
    let stored = chain(t, Op::MSTORE, down).next().map(|i| t.ins[i].a);
    if let Some(v) = stored {
        return Ok(Forward::Use(as_type(b, v, Ty::Int)?));
    }
    Ok(same(t, ins, down))
}

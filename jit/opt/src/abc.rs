//! Array bounds checks.
//!
//! A check is known to hold if checks of the same size with the same base and offsets on both sides of its own hold: `t[i-1]`, `t[i+1]` tell of
//! `t[i]`. And in a loop whose index runs up to a limit, the first index and the limit tell of all rounds: [`Range`].
//!
//! Invariant: array parts have at most [`MAX_SIZE`] slots, so indices that wrap around fail.

use crate::Builder;
use crate::mem::place::split;
use crate::mem::{Seen, chain};
use ir::{Const, Ins, Op, Ref};

/// Most slots of an array part, and bound of offsets: sums of an index and an offset do not wrap around into an array part.
const MAX_SIZE: u32 = 1 << 30;

/// An index whose bounds are checked before a loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    /// Size of the array part.
    pub(crate) size: Ref,
    /// The index before the loop: base and offset.
    pub(crate) base: Ref,
    /// Offset.
    pub(crate) off: i32,
}

/// Says whether a check holds because others do.
pub(crate) fn is_known(b: &Builder, ins: &Ins) -> bool {
    let t = b.seen();
    let (base, off) = split(t, ins.b);
    let (mut below, mut above) = (base == Ref::NONE && off >= 0, false);
    let mut add = |at: i32| {
        if at.unsigned_abs() < MAX_SIZE && off.unsigned_abs() < MAX_SIZE {
            below |= at <= off;
            above |= at >= off;
        }
        below && above
    };
    if crate::mem::last(t, Op::LOOP) > 0
        && b.state().ranges.iter().filter(|r| (r.size, r.base) == (ins.a, base)).any(|r| add(r.off))
    {
        return true;
    }
    chain(t, Op::ABC, 0).filter(|&i| t.ins[i].a == ins.a).any(|i| {
        let (other, at) = split(t, t.ins[i].b);
        other == base && add(at)
    })
}

/// Gives the constant behind a reference.
pub(crate) fn int(t: Seen<'_>, r: Ref) -> Option<i32> {
    match t.as_const(r) {
        Some(&Const::Int(n)) => Some(n),
        _ => None,
    }
}

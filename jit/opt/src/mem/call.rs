//! Helpers that read memory.

use super::alias::{Alias, relation, reshape};
use super::place::{Key, Part, Place};
use super::{Forward, Seen, chain, same};
use crate::Builder;
use abi::abort::Abort;
use abi::support::Helper;
use ir::{Ins, Kind, Op, Ref, Ty};

/// Forwards a call of a helper that reads memory.
pub(super) fn load(b: &mut Builder, ins: &Ins) -> Result<Forward, Abort> {
    let t = b.seen();
    let table = t.args(ins.a).into_iter().find(|&r| t.ty(r) == Ty::Tab);
    let down = match (Helper::ALL.get(ins.b.as_lit() as usize), table) {
        (Some(Helper::tab_get | Helper::tab_get_str | Helper::tab_get_int), Some(table)) => reshape(t, table, 0),
        (Some(Helper::tab_len), Some(table)) => written(t, table, true),
        (Some(Helper::tab_next), Some(table)) => written(t, table, false),
        _ => (1..t.ins.len()).rev().find(|&i| t.ins[i].op.kind() == Kind::Store).unwrap_or(0),
    };
    Ok(same(t, ins, down))
}

/// Returns the latest instruction that may have changed which keys (numbers only, or all) of a table have values.
fn written(t: Seen<'_>, table: Ref, numbers: bool) -> usize {
    let down = reshape(t, table, 0);
    let any = Place::Slot(Part::Either, table, Key::Val(Ref::NONE, Ty::Num));
    let hits = |i: usize| {
        let x = super::place::place(t, t.ins[i].a);
        match x {
            // Strings do not count for the length.
            Place::Slot(_, other, key)
                if !numbers || matches!(key, Key::Int(..) | Key::Node(..) | Key::Val(_, Ty::Num)) =>
            {
                other == table || super::alias::may_be_one(t, other, table)
            }
            Place::Slot(..) => false,
            _ => relation(t, any, x) != Alias::No,
        }
    };
    [Op::ASTORE, Op::HSTORE].iter().filter_map(|&op| chain(t, op, down).find(|&i| hits(i))).fold(down, usize::max)
}

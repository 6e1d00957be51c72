//! `table`, and elements of lists.
//!
//! Absent: what moves elements (`insert` in the middle, `remove` from it, `move`), `concat`, `sort` and `maxn` are called.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use crate::subject::V;
use abi::support::Helper;
use ir::{Op as I, Ty};

impl Rec<'_> {
    /// Element `i` (int, `live` now), without metamethods.
    pub(super) fn element(&mut self, t: Tr, tv: V, i: Tr, live: i32) -> Res<Tr> {
        Ok(self.raw_get((t, tv), (i, V::from_num(f64::from(live))))?.0)
    }
}

/// `table.insert(t, v)`
pub(super) fn insert(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((t, tv)), Some((v, _)), 2) = (args.tab(0), args.at(1), args.count()) else { return Ok(None) };
    let live = r.s.len(tv).wrapping_add(1) as i32;
    if v.ty == Ty::Nil || live <= 0 {
        return Ok(None);
    }
    let n = r.tab_len(t)?;
    let i = r.int_add_k(n, 1)?;
    r.raw_set((t, tv), (i, V::from_num(f64::from(live))), v)?;
    Ok(Some(Vec::new()))
}

/// `table.remove(t)`: the last element.
pub(super) fn remove(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    if args.given(1).is_some() {
        return Ok(None);
    }
    let live = r.s.len(tv) as i32;
    let n = r.tab_len(t)?;
    if live == 0 {
        r.int_is(I::EQ, n, 0)?;
        return Ok(Some(Vec::new()));
    }
    if live < 0 {
        return Ok(None);
    }
    // Element 0 is no element of the list.
    r.int_is(I::NE, n, 0)?;
    let old = r.element(t, tv, n, live)?;
    let nil = r.pri(Ty::Nil);
    r.raw_set((t, tv), (n, V::from_num(f64::from(live))), nil)?;
    Ok(Some(vec![old]))
}

/// `table.getn(t)`
pub(super) fn getn(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, _)) = args.tab(0) else { return Ok(None) };
    Ok(Some(vec![r.tab_len(t)?]))
}

/// `table.new(narray, nhash)` with the number of entries that it has now.
pub(super) fn new(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((n, live)), Some((h, entries))) = (r.int_arg(args, 0)?, r.int_arg(args, 1)?) else { return Ok(None) };
    if live > 1 << 20 || !(0..=1 << 20).contains(&entries) {
        return Ok(None);
    }
    r.int_is(I::EQ, h, entries)?;
    let hbits = match entries {
        0 => 0,
        n => (n as u32).next_power_of_two().trailing_zeros().max(1),
    };
    let asize = if live > 0 {
        r.int_is(I::GT, n, 0)?;
        r.int_is(I::LE, n, 1 << 20)?;
        r.int_add_k(n, 1)?
    } else {
        r.int_is(I::LE, n, 0)?;
        r.kint(0)
    };
    let hbits = r.kint(hbits as i32);
    Ok(Some(vec![r.call_helper(Helper::tab_new, &[asize, hbits])?]))
}

/// `table.clear(t)`
pub(super) fn clear(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, _)) = args.tab(0) else { return Ok(None) };
    r.call_helper(Helper::tab_clear, &[t])?;
    Ok(Some(Vec::new()))
}

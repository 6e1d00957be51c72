//! `table`, and raw accesses to elements and fields.
//!
//! Absent: what moves elements (`insert` in the middle, `remove` from it, `move`), `concat`, `sort` and `maxn` are called; so is an `insert` for which
//! the array part has no slot, since it grows the table.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use crate::subject::V;
use abi::helpers::Helper;
use ir::{Field, Op as I, Ref, Ty};

impl Rec<'_> {
    /// Says whether index `i` is in the array part.
    pub(super) fn is_element(&self, tv: V, i: i32) -> bool {
        (i as u32) < self.s.tab(tv).asize
    }

    /// Address of element `i` (int), which is in the array part; guarded.
    fn element_ref(&mut self, t: Tr, i: Tr) -> Res<Tr> {
        let asize = self.fload(t, Field::TabAsize)?;
        self.guard(I::ABC, Ty::Int, asize.r, i.r)?;
        let array = self.fload(t, Field::TabArray)?;
        self.emit(I::AREF, Ty::Ptr, array.r, i.r)
    }

    /// Element `i` (int, `live` now), without metamethods.
    pub(super) fn element(&mut self, t: Tr, tv: V, i: Tr, live: i32) -> Res<Tr> {
        let value = self.s.get(tv, V::from_num(f64::from(live)));
        if self.is_element(tv, live) {
            let at = self.element_ref(t, i)?;
            return self.loaded(I::ALOAD, at, value);
        }
        let asize = self.fload(t, Field::TabAsize)?;
        self.compare(I::UGE, Ty::Int, i.r, asize.r)?;
        self.hash_get(t, i, value)
    }

    /// Value at an address, with the type of `value`.
    fn loaded(&mut self, op: I, at: Tr, value: V) -> Res<Tr> {
        let tr = self.guard(op, value.ty(), at.r, Ref::NONE)?;
        Ok(if value.ty().is_pri() { self.pri(value.ty()) } else { tr })
    }

    /// Value of a key that is not in the array part.
    pub(super) fn hash_get(&mut self, t: Tr, k: Tr, value: V) -> Res<Tr> {
        let at = self.emit(I::HREF, Ty::Ptr, t.r, k.r)?;
        self.loaded(I::HLOAD, at, value)
    }

    /// `t[k]` without metamethods; `None` for keys that are not compiled.
    pub(super) fn lookup_raw(&mut self, t: Tr, tv: V, k: Tr, kv: V) -> Res<Option<Tr>> {
        if let Some(live) = kv.int() {
            let i = self.to_int(k, f64::from(live))?;
            return self.element(t, tv, i, live).map(Some);
        }
        if kv.num().is_some() || k.ty == Ty::Nil {
            return Ok(None);
        }
        let value = self.s.get(tv, kv);
        self.hash_get(t, k, value).map(Some)
    }

    /// Stores element `i` (int) of the array part; the last guards of the instruction are here.
    pub(super) fn store_element(&mut self, t: Tr, i: Tr, v: Tr) -> Res<()> {
        let at = self.element_ref(t, i)?;
        let v = if v.ty == Ty::Int { self.to_num(v)? } else { v };
        self.emit(I::ASTORE, v.ty, at.r, v.r)?;
        if v.ty.is_gc() {
            self.emit(I::TBAR, Ty::Void, t.r, Ref::NONE)?;
        }
        Ok(())
    }
}

/// `table.insert(t, v)` where the array part has a slot for `v`.
pub(super) fn insert(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((t, tv)), Some((v, _)), 2) = (args.tab(0), args.at(1), args.count()) else { return Ok(None) };
    let live = r.s.len(tv).wrapping_add(1) as i32;
    if !r.is_element(tv, live) {
        return Ok(None);
    }
    let n = r.tab_len(t)?;
    let i = r.int_add_k(n, 1)?;
    r.store_element(t, i, v)?;
    Ok(Some(Vec::new()))
}

/// `table.remove(t)` of a last element in the array part.
pub(super) fn remove(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    if args.given(1).is_some() {
        return Ok(None);
    }
    let live = r.s.len(tv) as i32;
    if live != 0 && !r.is_element(tv, live) {
        return Ok(None);
    }
    let n = r.tab_len(t)?;
    if live == 0 {
        r.int_is(I::EQ, n, 0)?;
        return Ok(Some(Vec::new()));
    }
    // Element 0 is no element of the list.
    r.int_is(I::NE, n, 0)?;
    let old = r.element(t, tv, n, live)?;
    let nil = r.pri(Ty::Nil);
    r.store_element(t, n, nil)?;
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

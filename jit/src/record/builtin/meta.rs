//! `getmetatable` and `setmetatable` of tables.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use crate::subject::V;
use abi::metamethod::Mm;
use ir::{Const, Field, Op as I, Ref, Ty};

impl Rec<'_> {
    /// Metatable of a table, `None` if it has none; guarded.
    fn metatable(&mut self, t: Tr, tv: V) -> Res<Option<(Tr, V)>> {
        let meta = self.s.tab(tv).meta;
        let m = self.fload(t, Field::TabMeta)?;
        let null = self.konst(Const::Null);
        let op = if meta.is_nil() { I::EQ } else { I::NE };
        self.compare(op, Ty::Tab, m.r, null.r)?;
        Ok((!meta.is_nil()).then_some((m, meta)))
    }

    /// Field `__metatable` of a metatable.
    fn protection(&mut self, m: Tr, mv: V) -> Res<Tr> {
        let name = self.s.mm_name(Mm::Metatable);
        let k = self.kstr_of(name);
        let value = self.s.get(mv, name);
        self.hash_get(m, k, value)
    }
}

/// `getmetatable(t)`
pub(super) fn getmetatable(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    let Some((m, mv)) = r.metatable(t, tv)? else { return Ok(Some(vec![r.pri(Ty::Nil)])) };
    let protected = r.protection(m, mv)?;
    Ok(Some(vec![if protected.ty == Ty::Nil { m } else { protected }]))
}

/// `setmetatable(t, m)`
pub(super) fn setmetatable(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((t, tv)), Some((m, _))) = (args.tab(0), args.at(1)) else { return Ok(None) };
    if !matches!(m.ty, Ty::Tab | Ty::Nil) {
        return Ok(None);
    }
    if let Some((old, ov)) = r.metatable(t, tv)?
        && r.protection(old, ov)?.ty != Ty::Nil
    {
        return Ok(None);
    }
    let at = r.emit(I::FREF, Ty::Ptr, t.r, Ref::lit(Field::TabMeta as i32))?;
    let new = if m.ty == Ty::Tab { m.r } else { r.konst(Const::Null).r };
    r.emit(I::FSTORE, Ty::Tab, at.r, new)?;
    if m.ty == Ty::Tab {
        r.emit(I::TBAR, Ty::Void, t.r, Ref::NONE)?;
    }
    Ok(Some(vec![t]))
}

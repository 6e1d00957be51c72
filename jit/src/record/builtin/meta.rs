//! `getmetatable` and `setmetatable` of tables.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use crate::subject::V;
use abi::metamethod::Mm;
use ir::{Const, Field, Op as I, Ref, Ty};

impl Rec<'_> {
    /// Metatable of a table whose `__metatable` is absent or not a matter; nil if there is none.
    fn plain_metatable(&mut self, t: Tr, tv: V) -> Res<Tr> {
        if self.s.tab(tv).meta.is_nil() { Ok(self.pri(Ty::Nil)) } else { self.field(t, Field::TabMeta) }
    }
}

/// `getmetatable(t)`
pub(super) fn getmetatable(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((t, tv)) = args.tab(0) else { return Ok(None) };
    Ok(Some(vec![match r.metamethod((t, tv), Mm::Metatable)? {
        Some((protected, _)) => protected,
        None => r.plain_metatable(t, tv)?,
    }]))
}

/// `setmetatable(t, m)`
pub(super) fn setmetatable(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((t, tv)), Some((m, _))) = (args.tab(0), args.at(1)) else { return Ok(None) };
    if !matches!(m.ty, Ty::Tab | Ty::Nil) {
        return Ok(None);
    }
    if r.metamethod((t, tv), Mm::Metatable)?.is_some() {
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

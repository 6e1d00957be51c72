//! New tables.

use super::{Rec, Res};
use abi::abort::Abort;
use abi::support::Helper;
use ir::{Const, Field, Op as I, Ref, Ty};

/// Results that a constructor takes at most.
const MAX_RESULTS: u32 = 200;

impl Rec<'_> {
    /// `A = {}`
    pub(super) fn rec_tnew(&mut self, a: i32, d: i32) -> Res<()> {
        // 0x7ff stands for "unknown, small".
        let asize = match d & 0x7ff {
            0x7ff => 0x801,
            n => n,
        };
        let t = self.guard(I::TNEW, Ty::Tab, Ref::lit(asize), Ref::lit(d >> 11))?;
        self.set(a, t);
        Ok(())
    }

    /// `A = copy of template D`
    pub(super) fn rec_tdup(&mut self, a: i32, d: u32) -> Res<()> {
        let key = self.key();
        let template = self.konst(Const::Templ(key, d));
        let t = self.guard(I::TDUP, Ty::Tab, template.r, Ref::NONE)?;
        self.set(a, t);
        Ok(())
    }

    /// Stores multiple results from slot `a` on into the table below; constant `d` has the first index.
    pub(super) fn rec_tsetm(&mut self, a: i32, d: u32) -> Res<()> {
        let t = self.get(a - 1)?;
        let start = self.s.knum(self.t.proto, d).to_bits() as u32;
        let n = self.take_multres()?;
        if t.ty != Ty::Tab || n > MAX_RESULTS || start > 1 << 26 {
            return Err(Abort::NyiArgs);
        }
        let values = (0..n as i32).map(|i| self.get(a + i)).collect::<Res<Vec<_>>>()?;
        let live = self.s.tab(self.s.slot(a - 1));
        let end = start + n;
        let size = self.field(t, Field::TabAsize)?;
        if end > live.asize {
            let (least, want) = (self.kint(end as i32), self.kint(end as i32 + 1));
            self.guard(I::ULT, Ty::Int, size.r, least.r)?;
            self.call_helper(Helper::tab_reserve, &[t, want])?;
        } else if n > 0 {
            let last = self.kint(end as i32 - 1);
            self.guard(I::ABC, Ty::Int, size.r, last.r)?;
        }
        let array = self.field(t, Field::TabArray)?;
        for (i, v) in values.into_iter().enumerate() {
            let index = self.kint((start as usize + i) as i32);
            let at = self.emit(I::AREF, Ty::Ptr, array.r, index.r)?;
            self.emit(I::ASTORE, v.ty, at.r, v.r)?;
            if v.ty.is_gc() {
                self.emit(I::TBAR, Ty::Void, t.r, Ref::NONE)?;
            }
        }
        self.t.multres = None;
        Ok(())
    }
}

//! New tables.

use super::{Rec, Res};
use abi::abort::Abort;
use ir::{Const, Op as I, Ref, Ty};

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
    pub(super) fn rec_tsetm(&mut self, _a: i32, _d: u32) -> Res<()> {
        Err(Abort::NyiOp)
    }
}

//! Concatenation.
use super::{Rec, Res};
use abi::abort::Abort;

impl Rec<'_> {
    pub(super) fn rec_cat(&mut self, _a: i32, _b: i32, _c: i32) -> Res<()> {
        Err(Abort::NyiOp)
    }
}

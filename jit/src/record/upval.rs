//! Upvalues and closures.
use super::{Rec, Res, Tr};
use abi::abort::Abort;

impl Rec<'_> {
    pub(super) fn rec_uget(&mut self, _a: i32, _i: u32) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_uset(&mut self, _i: u32, _v: Tr) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_uclo(&mut self, _a: i32) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_fnew(&mut self, _a: i32, _d: u32) -> Res<()> {
        Err(Abort::NyiOp)
    }
}

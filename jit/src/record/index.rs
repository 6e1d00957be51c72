//! Table accesses.
use super::{Rec, Res, Status, Tr};
use crate::subject::V;
use abi::abort::Abort;
use abi::metamethod::Mm;
use bytecode::{Ins, Op};
use ir::Op as I;

impl Rec<'_> {
    pub(super) fn rec_index(&mut self, _op: Op, _ins: Ins) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_tnew(&mut self, _a: i32, _d: i32) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_tdup(&mut self, _a: i32, _d: u32) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_itern(&mut self, _a: i32, _b: i32) -> Res<Status> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_isnext(&mut self, _a: i32) -> Res<()> {
        Err(Abort::NyiOp)
    }
    pub(super) fn rec_arith_meta(&mut self, _mm: Mm, _a: i32, _l: (Tr, V), _r: (Tr, V)) -> Res<()> {
        Err(Abort::NyiMeta)
    }
    pub(super) fn rec_len_meta(&mut self, _a: i32, _v: Tr, _live: V) -> Res<()> {
        Err(Abort::NyiMeta)
    }
    pub(super) fn rec_order_meta(&mut self, _cmp: I, _jump_if: bool, _l: (Tr, V), _r: (Tr, V)) -> Res<()> {
        Err(Abort::NyiMeta)
    }
    /// Says whether a metamethod decides (and was called).
    pub(super) fn rec_equal_meta(&mut self, _jump_if: bool, _l: (Tr, V), _r: (Tr, V)) -> Res<bool> {
        Ok(false)
    }
    pub(super) fn rec_call_meta(&mut self, _f: Tr, _live: V) -> Res<(Tr, V)> {
        Err(Abort::NyiMeta)
    }
    /// Goes on with an instruction whose metamethod returned.
    pub(super) fn rec_continue(&mut self, _ret: u32, _cont: u64, _values: Vec<Tr>) -> Res<Status> {
        Err(Abort::NyiMeta)
    }
}

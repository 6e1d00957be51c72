//! Concatenation, from the right: as many strings and numbers at once as there are, metamethods for the rest.
//!
//! As in the interpreter, partial results go back into the operands' slots, and the continuation word has the slot of the result so far.

use super::index::Val;
use super::{Rec, Res};
use crate::subject::V;
use abi::abort::Abort;
use abi::frame::Cont;
use abi::metamethod::Mm;
use bytecode::Ins;
use ir::{Op as I, Ref, Ty};

impl Rec<'_> {
    pub(super) fn rec_cat(&mut self, ins: Ins) -> Res<()> {
        // Partial results change slots before the last guard.
        self.snapshot_if_wanted()?;
        self.concat_down(ins, self.t.pc + 1, ins.c().into(), None)
    }

    /// Goes on with the operands `B … last`, of which the last may be the result of a metamethod.
    pub(super) fn concat_down(&mut self, ins: Ins, ret: u32, mut last: i32, result: Option<Val>) -> Res<()> {
        let first = i32::from(ins.b());
        // The frame that concatenates, seen from the one that runs.
        let off = (i64::from(self.base()) + self.t.origin - self.s.base()) as i32;
        let mut ops: Vec<Val> = Vec::new();
        for i in first..=last {
            let v = match result {
                Some(r) if i == last => r,
                _ => {
                    let live = self.s.slot(i + off);
                    let slot = self.base() + i;
                    let tr = match self.known(slot) {
                        Some(tr) => tr,
                        None => self.load(slot, live.ty(), 0)?,
                    };
                    (tr, live)
                }
            };
            ops.push(v);
        }
        if let Some((tr, _)) = result {
            self.set(last, tr);
        }
        let text = |v: &Val| v.0.ty.is_number() || v.0.ty == Ty::Str;
        while let [.., x, y] = ops[..] {
            if text(&x) && text(&y) {
                let n = ops.iter().rev().take_while(|v| text(v)).count();
                let parts = ops.split_off(ops.len() - n);
                last = first + ops.len() as i32;
                let v = self.join(&parts)?;
                self.set(last, v.0);
                ops.push(v);
                continue;
            }
            let mo = match self.metamethod(x, Mm::Concat)? {
                Some(mo) => mo,
                None => self.metamethod(y, Mm::Concat)?.ok_or(Abort::Error)?,
            };
            let cont = Cont::Concat as u64 | (last as u64 - 1) << 8;
            return self.call_metamethod(cont, ret, mo, &[x.0, y.0]);
        }
        if let [v] = ops[..] {
            self.set(ins.a().into(), v.0);
        }
        Ok(())
    }

    /// Joins strings and numbers.
    fn join(&mut self, parts: &[Val]) -> Res<Val> {
        let list: Vec<_> = parts.iter().map(|v| v.0).collect();
        let list = self.arg_list(&list)?;
        let v = self.guard(I::CAT, Ty::Str, list, Ref::NONE)?;
        // Any string will do: metamethods go by type.
        let live: V = self.s.mm_name(Mm::Concat);
        Ok((v, live))
    }
}

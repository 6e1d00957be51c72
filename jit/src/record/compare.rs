//! Comparisons and tests. The direction is the one the interpreter is about to take; the other one is the exit, which goes on where the
//! branch would have gone, so that a side trace begins behind the comparison.

use super::{Rec, Res, Tr};
use crate::subject::V;
use abi::support::Helper;
use bytecode::Op;
use ir::{Op as I, Ty};

impl Rec<'_> {
    /// Guards `op(a, b)`, or its negation if it does not hold now; `jump_if` says on which outcome the following jump is taken.
    fn branch(&mut self, op: I, ty: Ty, l: Tr, r: Tr, holds: bool, jump_if: bool) -> Res<()> {
        self.branch_exit(holds == jump_if)?;
        self.compare(if holds { op } else { op.negated() }, ty, l.r, r.r)?;
        self.want_snapshot();
        Ok(())
    }

    /// Takes a snapshot that goes on where the jump behind the running comparison does not lead now.
    pub(super) fn branch_exit(&mut self, jumps: bool) -> Res<()> {
        if self.t.params.stress {
            return self.snapshot();
        }
        let pc = self.t.pc;
        let jump = self.s.code(self.t.proto, pc + 1);
        let taken = (i64::from(pc) + 2 + i64::from(jump.jump())) as u32;
        self.snapshot_at(if jumps { pc + 2 } else { taken })
    }

    pub(super) fn rec_order(&mut self, op: Op, a: i32, d: i32) -> Res<()> {
        let (l, r) = (self.get(a)?, self.get(d)?);
        let (lv, rv) = (self.s.slot(a), self.s.slot(d));
        // ISLT A D jumps if A < D; ISGE if not (A < D); ISLE if A <= D; ISGT if not (A <= D).
        let (cmp, jump_if) = match op {
            Op::ISLT => (I::LT, true),
            Op::ISGE => (I::LT, false),
            Op::ISLE => (I::LE, true),
            _ => (I::LE, false),
        };
        if let (Some(x), Some(y)) = (lv.num(), rv.num())
            && l.ty.is_number()
            && r.ty.is_number()
        {
            let holds = if cmp == I::LT { x < y } else { x <= y };
            let (l, r, ty) = self.same_numbers(l, r)?;
            return self.branch(cmp, ty, l, r, holds, jump_if);
        }
        if l.ty == Ty::Str && r.ty == Ty::Str {
            let (x, y) = (self.s.bytes(lv), self.s.bytes(rv));
            let holds = if cmp == I::LT { x < y } else { x <= y };
            let c = self.call_helper(Helper::str_cmp, &[l, r])?;
            let zero = self.kint(0);
            return self.branch(cmp, Ty::Int, c, zero, holds, jump_if);
        }
        self.rec_order_meta(cmp, jump_if, (l, lv), (r, rv))
    }

    /// Brings two numbers to one type: int if both are (constants are adapted), num otherwise.
    pub(super) fn same_numbers(&mut self, l: Tr, r: Tr) -> Res<(Tr, Tr, Ty)> {
        if l.ty == r.ty {
            return Ok((l, r, l.ty));
        }
        let (l, r) = (self.as_num(l)?, self.as_num(r)?);
        Ok((l, r, Ty::Num))
    }

    pub(super) fn rec_equal(&mut self, op: Op, a: i32, d: i32) -> Res<()> {
        let l = self.get(a)?;
        let lv = self.s.slot(a);
        let (r, rv) = match op {
            Op::ISEQV | Op::ISNEV => (self.get(d)?, self.s.slot(d)),
            Op::ISEQS | Op::ISNES => {
                let v = self.s.kstr(self.t.proto, d as u32);
                (self.kstr_of(v), v)
            }
            Op::ISEQN | Op::ISNEN => {
                let n = self.s.knum(self.t.proto, d as u32);
                (self.knumint(n), V::from_num(n))
            }
            _ => {
                let ty = super::pri(d);
                (self.pri(ty), V(!((ty as u64) << abi::tag::SHIFT)))
            }
        };
        let jump_if = matches!(op, Op::ISEQV | Op::ISEQS | Op::ISEQN | Op::ISEQP);
        if l.ty.is_number() && r.ty.is_number() {
            let holds = lv.num() == rv.num();
            let (l, r, ty) = self.same_numbers(l, r)?;
            return self.branch(I::EQ, ty, l, r, holds, jump_if);
        }
        if l.ty != r.ty || l.ty.is_pri() {
            // Types are known, so the outcome is.
            return Ok(());
        }
        if matches!(l.ty, Ty::Tab | Ty::Udata) {
            if lv == rv {
                // Others may have a metamethod that calls them equal: the exit compares again.
                self.snapshot()?;
                self.compare(I::EQ, l.ty, l.r, r.r)?;
                self.want_snapshot();
                return Ok(());
            }
            if self.rec_equal_meta(jump_if, (l, lv), (r, rv))? {
                return Ok(());
            }
        }
        self.branch(I::EQ, l.ty, l, r, lv == rv, jump_if)
    }

    /// `IST`, `ISF`, `ISTC`, `ISFC`: the type decides, and the load of the value guards it.
    pub(super) fn rec_truth(&mut self, op: Op, a: i32, d: i32) -> Res<()> {
        let v = self.get(d)?;
        let truth = !matches!(v.ty, Ty::Nil | Ty::False);
        if matches!((op, truth), (Op::ISTC, true) | (Op::ISFC, false)) {
            self.set(a, v);
        }
        Ok(())
    }
}

//! Arithmetic, negation, length.

use super::{Rec, Res, Tr};
use crate::subject::V;
use abi::abort::Abort;
use abi::metamethod::Mm;
use bytecode::Op;
use ir::{Ins, Op as I, Ref, Ty, flag};

/// The IR operation and the metamethod of an arithmetic instruction.
fn operation(op: Op) -> (I, Mm) {
    match op {
        Op::ADDVN | Op::ADDNV | Op::ADDVV => (I::ADD, Mm::Add),
        Op::SUBVN | Op::SUBNV | Op::SUBVV => (I::SUB, Mm::Sub),
        Op::MULVN | Op::MULNV | Op::MULVV => (I::MUL, Mm::Mul),
        Op::DIVVN | Op::DIVNV | Op::DIVVV => (I::DIV, Mm::Div),
        Op::MODVN | Op::MODNV | Op::MODVV => (I::MOD, Mm::Mod),
        _ => (I::POW, Mm::Pow),
    }
}

impl Rec<'_> {
    pub(super) fn rec_arith(&mut self, op: Op, a: i32, (l, lv): (Tr, V), (r, rv): (Tr, V)) -> Res<()> {
        let (ir, mm) = operation(op);
        let (Some(l), Some(r)) = (self.number(l)?, self.number(r)?) else {
            return self.rec_arith_meta(mm, (l, lv), (r, rv));
        };
        let v = self.arith(ir, l, r, lv, rv)?;
        self.set(a, v);
        Ok(())
    }

    /// A value as a number: strings are converted, with a guard that they can be. `None` for other types.
    pub(super) fn number(&mut self, v: Tr) -> Res<Option<Tr>> {
        match v.ty {
            Ty::Num | Ty::Int => Ok(Some(v)),
            Ty::Str => Ok(Some(self.guard(I::STRTO, Ty::Num, v.r, Ref::NONE)?)),
            _ => Ok(None),
        }
    }

    /// Arithmetic of numbers. Sums and differences of integers stay integers, with a guard against overflow.
    pub(super) fn arith(&mut self, op: I, l: Tr, r: Tr, lv: V, rv: V) -> Res<Tr> {
        let narrow = self.t.params.passes.narrow;
        if narrow && l.ty == Ty::Int && r.ty == Ty::Int {
            let checked = match op {
                I::ADD => Some((I::ADDOV, lv.num().zip(rv.num()).map(|(x, y)| x + y))),
                I::SUB => Some((I::SUBOV, lv.num().zip(rv.num()).map(|(x, y)| x - y))),
                _ => None,
            };
            if let Some((checked, Some(result))) = checked
                && f64::from(result as i32) == result
            {
                return self.guard(checked, Ty::Int, l.r, r.r);
            }
        }
        if op == I::MOD {
            let r = opt::narrow::narrow_mod(&mut self.t.b, l.r, r.r)?;
            return Ok(Tr { r, ty: self.t.b.ty(r) });
        }
        let (l, r) = (self.as_num(l)?, self.as_num(r)?);
        self.emit(op, Ty::Num, l.r, r.r)
    }

    pub(super) fn rec_unm(&mut self, a: i32, d: i32) -> Res<()> {
        let (v, live) = (self.get(d)?, self.s.slot(d));
        let Some(n) = self.number(v)? else {
            return self.rec_arith_meta(Mm::Unm, (v, live), (v, live));
        };
        // The negative of integer 0 is -0, of the least integer none.
        let int = live.int().filter(|i| *i != 0 && *i != i32::MIN);
        let r = if n.ty == Ty::Int && int.is_some() {
            let zero = self.kint(0);
            self.guard(I::NE, Ty::Int, n.r, zero.r)?;
            self.guard(I::SUBOV, Ty::Int, zero.r, n.r)?
        } else {
            let n = self.as_num(n)?;
            self.emit(I::NEG, Ty::Num, n.r, Ref::NONE)?
        };
        self.set(a, r);
        Ok(())
    }

    pub(super) fn rec_len(&mut self, a: i32, d: i32) -> Res<()> {
        let (v, live) = (self.get(d)?, self.s.slot(d));
        let r = match v.ty {
            Ty::Str => self.emit(I::FLOAD, Ty::Int, v.r, Ref::lit(ir::Field::StrLen as i32))?,
            Ty::Tab => {
                // As in Lua 5.1, tables have no `__len`.
                self.tab_len(v)?
            }
            _ => return self.rec_len_meta(v, live),
        };
        self.set(a, r);
        Ok(())
    }

    /// `#t` as an integer, without metamethods.
    pub(super) fn tab_len(&mut self, t: Tr) -> Res<Tr> {
        self.call_helper(abi::support::Helper::tab_len, &[t])
    }

    /// Constant number as an integer if it is one.
    pub(super) fn knumint(&mut self, n: f64) -> Tr {
        match V::from_num(n).int() {
            Some(i) if self.t.params.passes.narrow => self.kint(i),
            _ => self.knum(n),
        }
    }

    /// Emits a comparison as a guard.
    pub(super) fn compare(&mut self, op: I, ty: Ty, a: Ref, b: Ref) -> Res<()> {
        self.ins(Ins { op, ty, flags: flag::GUARD, a, b }).map(|_| ())
    }

    /// Requires `cond`, else gives up for arguments that are not compiled.
    pub(super) fn require(&self, cond: bool) -> Res<()> {
        if cond { Ok(()) } else { Err(Abort::NyiArgs) }
    }
}

//! Numbers, strings, calls.

use super::{Gen, SLOTS};
use crate::Options;
use crate::field::{Conv, Field, FpMath};
use crate::konst::Const;
use crate::op::Op;
use crate::trace::Ref;
use crate::ty::Ty;
use abi::support::{Arg, Effect, Helper};

impl Gen<'_, '_> {
    pub(super) fn arithmetic(&mut self) {
        let r = match self.src.below(10) {
            0..=2 => {
                let op = self.src.pick(&[Op::ADDOV, Op::ADDOV, Op::SUBOV, Op::MULOV]);
                let (a, b) = (self.int(), self.int());
                self.guard(op, Ty::Int, a, b)
            }
            3 => {
                let op = self.src.pick(&[Op::ADD, Op::SUB, Op::MUL, Op::MIN, Op::MAX]);
                let (a, b) = (self.int(), self.int());
                self.emit(op, Ty::Int, a, b)
            }
            4 => {
                let a = self.int();
                let n = self.src.pick(&[1, 2, 7, 8, i32::MAX]);
                let b = self.t.kint(n);
                if self.src.chance(70) {
                    self.emit(Op::MOD, Ty::Int, a, b)
                } else {
                    self.emit(Op::NEG, Ty::Int, a, Ref::NONE)
                }
            }
            5 => {
                let op = self.src.pick(&[Op::NEG, Op::ABS]);
                let a = self.num();
                self.emit(op, Ty::Num, a, Ref::NONE)
            }
            6 => {
                let f = self.src.pick(FpMath::ALL);
                let a = self.num();
                self.emit(Op::FPMATH, Ty::Num, a, Ref::lit(f as i32))
            }
            _ => {
                let ops = [Op::ADD, Op::ADD, Op::SUB, Op::MUL, Op::MUL, Op::DIV, Op::MOD, Op::POW, Op::MIN, Op::MAX];
                let op = self.src.pick(&ops);
                let (a, b) = (self.num(), self.num());
                self.emit(op, Ty::Num, a, b)
            }
        };
        self.keep(r);
    }

    pub(super) fn bits(&mut self) {
        let a = self.int();
        let r = if self.src.chance(20) {
            let op = self.src.pick(&[Op::BNOT, Op::BSWAP]);
            self.emit(op, Ty::Int, a, Ref::NONE)
        } else {
            let op = self.src.pick(&[Op::BAND, Op::BOR, Op::BXOR, Op::BSHL, Op::BSHR, Op::BSAR, Op::BROL, Op::BROR]);
            let b = self.int();
            self.emit(op, Ty::Int, a, b)
        };
        self.keep(r);
    }

    pub(super) fn conversion(&mut self) {
        let conv = |c: Conv| Ref::lit(c as i32);
        let r = match self.src.below(6) {
            0 | 1 => {
                let a = self.int();
                self.emit(Op::CONV, Ty::Num, a, conv(Conv::NumInt))
            }
            2 | 3 => {
                let how = self.src.pick(&[Conv::IntNum, Conv::IntNumIndex]);
                let a = self.num();
                self.guard(Op::CONV, Ty::Int, a, conv(how))
            }
            4 => {
                let a = self.num();
                self.emit(Op::CONV, Ty::Int, a, conv(Conv::IntTrunc))
            }
            _ => {
                let a = self.num();
                self.emit(Op::TOBIT, Ty::Int, a, Ref::NONE)
            }
        };
        self.keep(r);
    }

    pub(super) fn comparison(&mut self) {
        let order = [Op::LT, Op::GE, Op::LE, Op::GT, Op::EQ, Op::NE, Op::ULT, Op::UGE, Op::ULE, Op::UGT];
        let op = self.src.pick(&order);
        if self.src.chance(15)
            && let Some(a) = self.known(Ty::Str)
        {
            let b = self.known(Ty::Str).unwrap_or(a);
            let b = if self.src.chance(50) { self.t.konst(Const::Str(b"x"[..].into())) } else { b };
            let op = self.src.pick(&[Op::EQ, Op::NE]);
            self.guard(op, Ty::Str, a, b);
        } else if self.src.chance(10)
            && let Some(a) = self.known(Ty::Tab)
        {
            let b = self.known(Ty::Tab).unwrap_or(a);
            let op = if a == b { Op::EQ } else { Op::NE };
            self.guard(op, Ty::Tab, a, b);
        } else if self.src.chance(50) {
            let (a, b) = (self.int(), self.int());
            self.guard(op, Ty::Int, a, b);
        } else {
            let (a, b) = (self.num(), self.num());
            self.guard(op, Ty::Num, a, b);
        }
    }

    fn str(&mut self) -> Ref {
        if self.src.chance(20) {
            let s = self.src.pick(&[&b""[..], b"x", b"abc", b"7", b"0x1p4"]);
            return self.t.konst(Const::Str(s.into()));
        }
        match self.known(Ty::Str) {
            Some(r) => r,
            None => {
                let r = self.slot(2);
                if self.t.ty(r) == Ty::Str { r } else { self.t.konst(Const::Str(b"abc"[..].into())) }
            }
        }
    }

    pub(super) fn string(&mut self) {
        let s = self.str();
        let r = match self.src.below(7) {
            0 => self.emit(Op::FLOAD, Ty::Int, s, Ref::lit(Field::StrLen as i32)),
            1 | 2 => {
                // A byte, or a part that begins with it.
                let len = self.emit(Op::FLOAD, Ty::Int, s, Ref::lit(Field::StrLen as i32));
                let n = self.src.below(3) as i32;
                let i = if self.src.chance(70) { self.t.kint(n) } else { self.int() };
                self.guard(Op::ULT, Ty::Int, i, len);
                let p = self.emit(Op::STRREF, Ty::Ptr, s, i);
                if self.src.chance(50) {
                    self.emit(Op::XLOAD, Ty::Int, p, Ref::NONE)
                } else {
                    let rest = self.emit(Op::SUB, Ty::Int, len, i);
                    self.guard(Op::SNEW, Ty::Str, p, rest)
                }
            }
            3 => {
                let n = if self.src.chance(50) { self.int() } else { self.num() };
                self.guard(Op::TOSTR, Ty::Str, n, Ref::NONE)
            }
            4 => self.guard(Op::STRTO, Ty::Num, s, Ref::NONE),
            5 => {
                let n = if self.src.chance(50) { self.num() } else { self.str() };
                let list = self.emit(Op::CARG, Ty::Void, s, n);
                self.guard(Op::CAT, Ty::Str, list, Ref::NONE)
            }
            _ => {
                let h = self.src.pick(&[Helper::str_lower, Helper::str_reverse, Helper::str_cmp]);
                self.helper(h)
            }
        };
        self.keep(r);
    }

    /// Calls a helper with random arguments; all its arguments must be scalars.
    fn helper(&mut self, h: Helper) -> Ref {
        let row = h.row();
        let mut list = Ref::NONE;
        for &arg in row.args.iter().filter(|a| **a != Arg::vm) {
            let r = match arg {
                Arg::num => self.num(),
                Arg::int => self.int(),
                Arg::str => self.str(),
                _ => self.value(),
            };
            list = if list == Ref::NONE { r } else { self.emit(Op::CARG, Ty::Void, list, r) };
        }
        let op = match row.effect {
            Effect::N => Op::CALLN,
            Effect::A => Op::CALLA,
            Effect::L => Op::CALLL,
            Effect::S => Op::CALLS,
        };
        let ty = match row.ret {
            Arg::num => Ty::Num,
            Arg::int => Ty::Int,
            _ => Ty::Str,
        };
        let lit = Ref::lit(h as i32);
        if row.fails { self.guard(op, ty, list, lit) } else { self.emit(op, ty, list, lit) }
    }

    pub(super) fn call(&mut self, o: &Options) {
        match self.src.below(10) {
            0 => {
                let r = self.emit(Op::MRES, Ty::Int, Ref::NONE, Ref::NONE);
                self.keep(r);
            }
            1 => {
                let n = self.int();
                self.effect(Op::MSTORE, Ty::Int, n, Ref::NONE);
            }
            2 if o.objects => self.callb(),
            3..=5 if o.objects => self.frames(o),
            _ => {
                let h = self.src.pick(&[
                    Helper::sin,
                    Helper::exp,
                    Helper::log,
                    Helper::atan2,
                    Helper::fmod,
                    Helper::pow,
                    Helper::modulo,
                    Helper::ldexp,
                    Helper::floor,
                    Helper::tobit,
                ]);
                let r = self.helper(h);
                self.keep(r);
            }
        }
    }

    /// Writes the frame, calls, and forgets all objects.
    fn callb(&mut self) {
        let func = self.slot(-2);
        self.write_frame();
        let arg = self.num();
        let pc = self.next_pc();
        self.emit(Op::SSTORE, Ty::Func, Ref::lit(SLOTS), func);
        self.emit(Op::SSTORE, Ty::Link, Ref::lit(SLOTS + 1), pc);
        self.emit(Op::SSTORE, Ty::Num, Ref::lit(SLOTS + 2), arg);
        self.dirty = false;
        self.t.push(crate::Ins::guard(Op::CALLB, Ty::Void, Ref::lit(SLOTS + 2), Ref::lit(1)));
        self.snap(pc, SLOTS + 1);
        let object = |t: &crate::Trace, r: Ref| r.is_ins() && (t.ty(r).is_gc() || t.ty(r) == Ty::Ptr);
        let t = &self.t;
        self.pool.retain(|r| !object(t, *r));
        self.loaded.retain(|_, r| !object(t, *r));
        self.fresh.clear();
        self.stored.clear();
        let result = self.guard(Op::SLOAD, Ty::Num, Ref::lit(SLOTS), Ref::lit(0));
        self.keep(result);
        let slot = self.target();
        self.frame.insert(slot, result);
        self.dirty = true;
    }
}

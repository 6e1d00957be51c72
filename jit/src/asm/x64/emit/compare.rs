//! Comparisons: a compare and a jump each.

use super::*;

impl Emit<'_> {
    pub(super) fn compare(&mut self, n: &Node, ins: Ins, uses: &[Place]) -> Result<(), Abort> {
        if let (Arg::K(x), Arg::K(y)) = (n.a, n.b) {
            if !self.holds(ins.op, x, y, ins.ty)? {
                self.jump_exit(n);
            }
            return Ok(());
        }
        if ins.op == Op::ABC {
            self.int_compare(n.b, n.a, uses, false);
            self.exit(n, Cc::Ae);
            return Ok(());
        }
        if ins.ty == Ty::Num {
            // `(first, second, condition that leaves)`; an unordered result sets below, equal and parity.
            let (x, y, cc) = match ins.op {
                Op::LT => (n.b, n.a, Cc::Be),
                Op::GE => (n.b, n.a, Cc::A),
                Op::LE => (n.b, n.a, Cc::B),
                Op::GT => (n.b, n.a, Cc::Ae),
                Op::ULT => (n.a, n.b, Cc::Ae),
                Op::UGE => (n.a, n.b, Cc::B),
                Op::ULE => (n.a, n.b, Cc::A),
                Op::UGT => (n.a, n.b, Cc::Be),
                _ => (n.a, n.b, Cc::Ne),
            };
            let x = match self.xmem(x, uses) {
                Ok(r) => r,
                Err(ea) => {
                    rm!(self.a.o, movsd, Rx(XTMP), QWORD, ea);
                    XTMP
                }
            };
            match self.xmem(y, uses) {
                Ok(y) => short!(self.a.o; ucomisd Rx(x), Rx(y)),
                Err(ea) => rm!(self.a.o, ucomisd, Rx(x), QWORD, ea),
            }
            match ins.op {
                Op::EQ => {
                    self.exit(n, Cc::P);
                    self.exit(n, Cc::Ne);
                }
                Op::NE => {
                    let apart = self.a.o.new_dynamic_label();
                    self.jcc(Cc::P, apart);
                    self.exit(n, Cc::E);
                    dynasm!(self.a.o; .arch x64; =>apart);
                }
                _ => self.exit(n, cc),
            }
            return Ok(());
        }
        let wide = !matches!(ins.ty, Ty::Int | Ty::Key);
        self.int_compare(n.a, n.b, uses, wide);
        let cc = match ins.op {
            Op::LT => Cc::Ge,
            Op::GE => Cc::L,
            Op::LE => Cc::G,
            Op::GT => Cc::Le,
            Op::ULT => Cc::Ae,
            Op::UGE => Cc::B,
            Op::ULE => Cc::A,
            Op::UGT => Cc::Be,
            Op::EQ => Cc::Ne,
            _ => Cc::E,
        };
        self.exit(n, cc);
        Ok(())
    }

    /// Compares ints or, wide, addresses. Not both are constants.
    pub(super) fn int_compare(&mut self, a: Arg, b: Arg, uses: &[Place], wide: bool) {
        if let Arg::K(r) = b {
            let mut bits = register_bits(self.t, self.req, r);
            if let (Arg::Mem(m), Some(Const::Proto(_))) = (a, self.t.as_const(r))
                && m.disp == Field::FuncPc.offset() as i32
            {
                bits += PROTO_HEAD as u64;
            }
            let small = i32::try_from(if wide { bits as i64 } else { i64::from(bits as u32 as i32) });
            match (self.gmem(a, uses), small) {
                (Int::Reg(x), Ok(0)) if wide => short!(self.a.o; test Rq(x), Rq(x)),
                (Int::Reg(x), Ok(0)) => short!(self.a.o; test Rd(x), Rd(x)),
                (Int::Reg(x), Ok(k)) if wide => short!(self.a.o; cmp Rq(x), DWORD k),
                (Int::Reg(x), Ok(k)) => match i8::try_from(k) {
                    Ok(k) => self.a.cmp_byte(x, k),
                    Err(_) => short!(self.a.o; cmp Rd(x), DWORD k),
                },
                (Int::Mem(ea), Ok(k)) if wide => mi!(self.a.o, cmp, QWORD, ea, DWORD k),
                (Int::Mem(ea), Ok(k)) => mi!(self.a.o, cmp, DWORD, ea, DWORD k),
                (Int::Reg(x), Err(_)) => {
                    let k = self.a.pool(bits);
                    rm!(self.a.o, cmp, Rq(x), QWORD, k);
                }
                (Int::Mem(ea), Err(_)) => {
                    self.a.imm(TMP, bits);
                    mr!(self.a.o, cmp, QWORD, ea, Rq(TMP));
                }
                (Int::Imm(_), _) => {}
            }
            return;
        }
        let x = match (a, self.gmem(a, uses)) {
            (_, Int::Reg(x)) => x,
            (Arg::K(r), _) => {
                let bits = register_bits(self.t, self.req, r);
                self.a.imm(TMP, bits);
                TMP
            }
            (_, Int::Mem(ea)) if wide => {
                rm!(self.a.o, mov, Rq(TMP), QWORD, ea);
                TMP
            }
            (_, m) => {
                self.int_move(TMP, m);
                TMP
            }
        };
        match self.gmem(b, uses) {
            Int::Reg(y) if wide => short!(self.a.o; cmp Rq(x), Rq(y)),
            Int::Reg(y) => short!(self.a.o; cmp Rd(x), Rd(y)),
            Int::Mem(ea) if wide => rm!(self.a.o, cmp, Rq(x), QWORD, ea),
            Int::Mem(ea) => rm!(self.a.o, cmp, Rd(x), DWORD, ea),
            Int::Imm(_) => {}
        }
    }

    /// Compares constants.
    pub(super) fn holds(&self, op: Op, x: Ref, y: Ref, ty: Ty) -> Result<bool, Abort> {
        let (a, b) = (register_bits(self.t, self.req, x), register_bits(self.t, self.req, y));
        let order = match ty {
            Ty::Num => f64::from_bits(a).partial_cmp(&f64::from_bits(b)),
            Ty::Int if matches!(op, Op::LT | Op::GE | Op::LE | Op::GT) => {
                Some((a as u32 as i32).cmp(&(b as u32 as i32)))
            }
            _ => Some(a.cmp(&b)),
        };
        use std::cmp::Ordering::{Equal, Greater, Less};
        Ok(match op {
            Op::LT => order == Some(Less),
            Op::GE => order != Some(Less),
            Op::LE => matches!(order, Some(Less | Equal)),
            Op::GT => !matches!(order, Some(Less | Equal)),
            Op::ULT => matches!(order, Some(Less) | None),
            Op::UGE => matches!(order, Some(Greater | Equal)),
            Op::ULE => order != Some(Greater),
            Op::UGT => order == Some(Greater),
            Op::EQ => order == Some(Equal),
            Op::NE => order != Some(Equal),
            Op::ABC => (b as u32) < (a as u32),
            _ => return Err(Abort::NyiIr),
        })
    }
}

//! Unary and binary operators: priorities, constant folding and code.

use crate::error::Res;
use crate::expr::{Expr, Kind};
use crate::func::{MAX_BYTE, Parser, Slot};
use crate::token::Tok;
use bytecode::{Ins, Op};

/// A binary operator. Arithmetic and comparisons are in the order of their opcodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
#[repr(u8)]
pub(crate) enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Concat,
    Ne,
    Eq,
    Lt,
    Ge,
    Le,
    Gt,
    And,
    Or,
}

const _: () = assert!(
    Op::ADDVV as u8 + BinOp::Sub as u8 == Op::SUBVV as u8 && Op::ADDVV as u8 + BinOp::Mod as u8 == Op::MODVV as u8
);
const _: () = assert!(
    Op::ADDVV as u8 + BinOp::Mul as u8 == Op::MULVV as u8 && Op::ADDVV as u8 + BinOp::Div as u8 == Op::DIVVV as u8
);
const _: () = assert!(Op::ISLT as u8 + (BinOp::Ge as u8 - BinOp::Lt as u8) == Op::ISGE as u8);
const _: () = assert!(Op::ISLT as u8 + (BinOp::Le as u8 - BinOp::Lt as u8) == Op::ISLE as u8);

/// Priority of unary operators.
pub(crate) const UNARY_PRIORITY: u8 = 8;

impl BinOp {
    /// Returns the operator a token stands for.
    pub(crate) fn of(tok: Tok) -> Option<BinOp> {
        const ADD: Tok = Tok::ch(b'+');
        const SUB: Tok = Tok::ch(b'-');
        const MUL: Tok = Tok::ch(b'*');
        const DIV: Tok = Tok::ch(b'/');
        const MOD: Tok = Tok::ch(b'%');
        const POW: Tok = Tok::ch(b'^');
        const LT: Tok = Tok::ch(b'<');
        const GT: Tok = Tok::ch(b'>');
        Some(match tok {
            ADD => BinOp::Add,
            SUB => BinOp::Sub,
            MUL => BinOp::Mul,
            DIV => BinOp::Div,
            MOD => BinOp::Mod,
            POW => BinOp::Pow,
            Tok::CONCAT => BinOp::Concat,
            Tok::NE => BinOp::Ne,
            Tok::EQ => BinOp::Eq,
            LT => BinOp::Lt,
            Tok::LE => BinOp::Le,
            GT => BinOp::Gt,
            Tok::GE => BinOp::Ge,
            Tok::AND => BinOp::And,
            Tok::OR => BinOp::Or,
            _ => return None,
        })
    }

    /// Returns the priorities towards the left and the right operand.
    pub(crate) fn priority(self) -> (u8, u8) {
        match self {
            BinOp::Add | BinOp::Sub => (6, 6),
            BinOp::Mul | BinOp::Div | BinOp::Mod => (7, 7),
            BinOp::Pow => (10, 9),
            BinOp::Concat => (5, 4),
            BinOp::Ne | BinOp::Eq | BinOp::Lt | BinOp::Ge | BinOp::Le | BinOp::Gt => (3, 3),
            BinOp::And => (2, 2),
            BinOp::Or => (1, 1),
        }
    }
}

/// Computes a constant; `None` if it is NaN or -0, which are no constants.
fn fold(op: BinOp, x: f64, y: f64) -> Option<f64> {
    let n = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::Div => x / y,
        BinOp::Mod => x - (x / y).floor() * y,
        BinOp::Pow => x.powf(y),
        _ => return None,
    };
    if n.is_nan() || n == 0.0 && n.is_sign_negative() { None } else { Some(n) }
}

impl Parser<'_> {
    /// Gives back the temporaries of two operands, in either order.
    fn free_operands(&mut self, e1: &Expr, e2: &Expr) {
        self.free_expr(e1);
        self.free_expr(e2);
    }

    fn emit_arith(&mut self, op: BinOp, e1: &mut Expr, e2: &mut Expr) -> Res<()> {
        if let (Some(x), Some(y)) = (e1.plain_num(), e2.plain_num())
            && let Some(n) = fold(op, x, y)
        {
            e1.kind = Kind::Num(n);
            return Ok(());
        }
        let (ins, b, c);
        if op == BinOp::Pow {
            ins = Op::POW;
            c = self.put_any(e2)?;
            b = self.put_any(e1)?;
        } else {
            let vv = Op::ADDVV.offset(op as i8);
            // The second operand first: discharging it may free the slots of an index.
            self.make_value(e2)?;
            let constant = match e2.kind {
                Kind::Num(n) => Some(self.const_num(n)).filter(|index| *index <= MAX_BYTE),
                _ => None,
            };
            let right = match constant {
                Some(index) => index,
                None => self.put_any(e2)?,
            };
            self.make_value(e1)?;
            let left = match (e1.kind, e2.kind) {
                (Kind::Num(_), Kind::Num(_)) => None,
                (Kind::Num(n), _) => Some(self.const_num(n)).filter(|index| *index <= MAX_BYTE),
                _ => None,
            };
            match left {
                Some(index) => {
                    ins = vv.offset(-5);
                    b = right;
                    c = index;
                }
                None => {
                    ins = if constant.is_some() { vv.offset(-10) } else { vv };
                    b = self.put_any(e1)?;
                    c = right;
                }
            }
        }
        self.free_operands(e1, e2);
        e1.kind = Kind::Open(self.emit_abc(ins, 0, b, c)?);
        Ok(())
    }

    fn emit_comparison(&mut self, op: BinOp, left: &mut Expr, right: &mut Expr) -> Res<()> {
        self.make_value(left)?;
        let (mut e1, mut e2) = (*left, *right);
        let ins = if op == BinOp::Eq || op == BinOp::Ne {
            let vv = if op == BinOp::Eq { Op::ISEQV } else { Op::ISNEV };
            // A constant must be the second operand.
            if e1.is_const() {
                std::mem::swap(&mut e1, &mut e2);
            }
            let a = self.put_any(&mut e1)? as u8;
            self.make_value(&mut e2)?;
            match e2.kind {
                Kind::Str(sym) => Ins::ad(vv.offset(2), a, self.const_str(sym) as u16),
                Kind::Num(n) => Ins::ad(vv.offset(4), a, self.const_num(n) as u16),
                _ => match e2.pri() {
                    Some(pri) => Ins::ad(vv.offset(6), a, pri as u16),
                    None => Ins::ad(vv, a, self.put_any(&mut e2)? as u16),
                },
            }
        } else {
            let plain = Op::ISLT.offset(op as i8 - BinOp::Lt as i8);
            let (ins, a, d): (Op, Slot, Slot);
            if matches!(op, BinOp::Ge | BinOp::Gt) {
                // `a > b` is `b < a`.
                std::mem::swap(&mut e1, &mut e2);
                ins = if op == BinOp::Gt { Op::ISLT } else { Op::ISLE };
                self.make_value(&mut e1)?;
                a = self.put_any(&mut e1)?;
                d = self.put_any(&mut e2)?;
            } else {
                ins = plain;
                d = self.put_any(&mut e2)?;
                a = self.put_any(&mut e1)?;
            }
            Ins::ad(ins, a as u8, d as u16)
        };
        self.free_operands(&e1, &e2);
        self.emit(ins)?;
        left.kind = Kind::Jump(self.emit_jump()?);
        Ok(())
    }

    /// Prepares the left operand before the right one is parsed.
    pub(crate) fn emit_left_operand(&mut self, op: BinOp, e: &mut Expr) -> Res<()> {
        match op {
            BinOp::And => self.branch_if_true(e),
            BinOp::Or => self.branch_if_false(e),
            BinOp::Concat => self.put_next(e),
            BinOp::Eq | BinOp::Ne if e.is_plain_const() => Ok(()),
            _ if e.plain_num().is_some() => Ok(()),
            _ => self.put_any(e).map(|_| ()),
        }
    }

    /// Applies a binary operator; the result is in `e1`.
    pub(crate) fn emit_binary(&mut self, op: BinOp, e1: &mut Expr, e2: &mut Expr) -> Res<()> {
        match op {
            BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div | BinOp::Mod | BinOp::Pow => self.emit_arith(op, e1, e2),
            BinOp::And => {
                self.discharge(e2)?;
                self.append_jumps(&mut e2.f, e1.f)?;
                *e1 = *e2;
                Ok(())
            }
            BinOp::Or => {
                self.discharge(e2)?;
                self.append_jumps(&mut e2.t, e1.t)?;
                *e1 = *e2;
                Ok(())
            }
            BinOp::Concat => self.emit_concat(e1, e2),
            _ => self.emit_comparison(op, e1, e2),
        }
    }

    fn emit_concat(&mut self, e1: &mut Expr, e2: &mut Expr) -> Res<()> {
        self.make_value(e2)?;
        // The left operand is in a slot: see `emit_left_operand`.
        let left = self.put_any(e1)?;
        if let Kind::Open(pc) = e2.kind
            && self.op(pc) == Some(Op::CAT)
        {
            self.free_expr(e1);
            let ins = self.ins_mut(pc);
            *ins = ins.with_b(left as u8);
            e1.kind = Kind::Open(pc);
        } else {
            self.put_next(e2)?;
            let right = self.func.free - 1;
            self.free_operands(e2, e1);
            e1.kind = Kind::Open(self.emit_abc(Op::CAT, 0, left, right)?);
        }
        Ok(())
    }

    /// Applies `not`, `-` or `#`.
    pub(crate) fn emit_unary(&mut self, op: Op, e: &mut Expr) -> Res<()> {
        let operand = if op == Op::NOT {
            std::mem::swap(&mut e.t, &mut e.f);
            self.drop_values(e.f);
            self.drop_values(e.t);
            self.discharge(e)?;
            match e.kind {
                Kind::Nil | Kind::False => {
                    e.kind = Kind::True;
                    return Ok(());
                }
                Kind::Jump(pc) => {
                    self.invert(pc);
                    return Ok(());
                }
                Kind::Open(pc) => {
                    self.reserve(1)?;
                    let slot = self.func.free - 1;
                    let ins = self.ins_mut(pc);
                    *ins = ins.with_a(slot as u8);
                    e.kind = Kind::Slot(slot);
                    slot
                }
                Kind::Slot(slot) => slot,
                _ => {
                    e.kind = Kind::False;
                    return Ok(());
                }
            }
        } else {
            // -0 is no constant.
            if op == Op::UNM
                && let Some(n) = e.plain_num()
                && n != 0.0
            {
                e.kind = Kind::Num(-n);
                return Ok(());
            }
            self.put_any(e)?
        };
        self.free_expr(e);
        e.kind = Kind::Open(self.emit_ad(op, 0, operand)?);
        Ok(())
    }
}

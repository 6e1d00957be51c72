//! Expression descriptors: what is known about an expression whose value need not be in a slot yet.
//!
//! The parser hands descriptors around; code comes into being when a value is needed, and where it is needed decides which.
//! This delayed choice is what makes the instructions LuaJIT's.
//!
//! Invariant: jump lists in `t` and `f` hold the jumps out of the expression when it is true or false.

use crate::error::Res;
use crate::func::{MAX_BYTE, NO_JUMP, NO_SLOT, Parser, Pos, Slot, VarIndex};
use crate::intern::Sym;
use crate::scope::Var;
use crate::template::Const;
use bytecode::{Ins, Op};

/// The key of an indexed expression.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Key {
    /// Index of a string constant.
    Str(u8),
    /// A small integer.
    Byte(u8),
    /// A slot.
    Slot(Slot),
}

/// Where an expression's value is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    /// No expression.
    Void,
    Nil,
    False,
    True,
    Str(Sym),
    Num(f64),
    Local {
        slot: Slot,
        var: VarIndex,
    },
    Upvalue {
        index: u8,
        var: VarIndex,
    },
    Global(Sym),
    Indexed {
        table: Slot,
        key: Key,
    },
    /// The result of the comparison whose jump is here.
    Jump(Pos),
    /// The result of the instruction here, whose `A` is open.
    Open(Pos),
    /// In this slot.
    Slot(Slot),
    /// Results of the call here, from the slot on.
    Call {
        pc: Pos,
        base: Slot,
    },
}

/// An expression descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// Jumps taken when it is true.
    pub(crate) t: Pos,
    /// Jumps taken when it is false.
    pub(crate) f: Pos,
}

/// The operand of a primitive.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Pri {
    Nil = 0,
    False = 1,
    True = 2,
}

/// Returns the number as an integer of 16 bits.
fn as_short(n: f64) -> Option<i16> {
    let k = n as i16;
    (f64::from(k) == n).then_some(k)
}

impl Expr {
    pub(crate) fn new(kind: Kind) -> Expr {
        Expr { kind, t: NO_JUMP, f: NO_JUMP }
    }

    pub(crate) fn has_jump(&self) -> bool {
        self.t != self.f
    }

    pub(crate) fn is_const(&self) -> bool {
        matches!(self.kind, Kind::Nil | Kind::False | Kind::True | Kind::Str(_) | Kind::Num(_))
    }

    pub(crate) fn is_plain_const(&self) -> bool {
        self.is_const() && !self.has_jump()
    }

    /// Returns the number, if that is all the expression is.
    pub(crate) fn plain_num(&self) -> Option<f64> {
        match self.kind {
            Kind::Num(n) if !self.has_jump() => Some(n),
            _ => None,
        }
    }

    pub(crate) fn is_call(&self) -> bool {
        matches!(self.kind, Kind::Call { .. })
    }

    /// Returns the operand of a primitive.
    pub(crate) fn pri(&self) -> Option<u32> {
        match self.kind {
            Kind::Nil => Some(Pri::Nil as u32),
            Kind::False => Some(Pri::False as u32),
            Kind::True => Some(Pri::True as u32),
            _ => None,
        }
    }

    /// Returns the value of a constant.
    pub(crate) fn const_value(&self) -> Option<Const> {
        match self.kind {
            Kind::Nil => Some(Const::Nil),
            Kind::False => Some(Const::False),
            Kind::True => Some(Const::True),
            Kind::Str(sym) => Some(Const::Str(sym)),
            Kind::Num(n) => Some(Const::Num(n)),
            _ => None,
        }
    }
}

impl Parser<'_> {
    /// Turns variables and calls into values: a constant, a slot or an open instruction.
    #[inline]
    pub(crate) fn discharge(&mut self, e: &mut Expr) -> Res<()> {
        match e.kind {
            Kind::Call { base: slot, .. } | Kind::Local { slot, .. } => {
                e.kind = Kind::Slot(slot);
                Ok(())
            }
            Kind::Upvalue { .. } | Kind::Global(_) | Kind::Indexed { .. } => self.load(e),
            _ => Ok(()),
        }
    }

    /// Emits the load of a variable that is in no slot.
    fn load(&mut self, e: &mut Expr) -> Res<()> {
        let ins = match e.kind {
            Kind::Upvalue { index, .. } => Ins::ad(Op::UGET, 0, u16::from(index)),
            Kind::Global(name) => Ins::ad(Op::GGET, 0, self.const_str(name) as u16),
            Kind::Indexed { table, key } => {
                let ins = match key {
                    Key::Str(k) => Ins::abc(Op::TGETS, 0, table as u8, k),
                    Key::Byte(k) => Ins::abc(Op::TGETB, 0, table as u8, k),
                    Key::Slot(slot) => {
                        self.free_slot(slot);
                        Ins::abc(Op::TGETV, 0, table as u8, slot as u8)
                    }
                };
                self.free_slot(table);
                ins
            }
            _ => return Ok(()),
        };
        e.kind = Kind::Open(self.emit(ins)?);
        Ok(())
    }

    /// Sets `n` slots to nil, together with those that the previous instruction sets to nil, if it does.
    pub(crate) fn emit_nil(&mut self, mut from: Slot, mut n: u32) -> Res<()> {
        if self.func.pc > self.func.last_target {
            let last = self.func.pc - 1;
            let ins = self.ins(last);
            let first = u32::from(ins.a());
            match ins.op() {
                Some(Op::KPRI) if u32::from(ins.d()) == Pri::Nil as u32 && (from == first || from == first + 1) => {
                    if from == first {
                        if n == 1 {
                            return Ok(());
                        }
                    } else {
                        from = first;
                        n += 1;
                    }
                    *self.ins_mut(last) = Ins::ad(Op::KNIL, from as u8, (from + n - 1) as u16);
                    return Ok(());
                }
                Some(Op::KNIL) if first <= from && from <= u32::from(ins.d()) + 1 => {
                    if from + n - 1 > u32::from(ins.d()) {
                        *self.ins_mut(last) = ins.with_d((from + n - 1) as u16);
                    }
                    return Ok(());
                }
                _ => {}
            }
        }
        if n == 1 {
            self.emit_ad(Op::KPRI, from, Pri::Nil as u32)?;
        } else {
            self.emit_ad(Op::KNIL, from, from + n - 1)?;
        }
        Ok(())
    }

    /// Puts a value into a slot, leaving its jumps alone. A pending comparison stays one.
    fn put_in_unbranched(&mut self, e: &mut Expr, slot: Slot) -> Res<()> {
        self.discharge(e)?;
        match e.kind {
            Kind::Str(sym) => {
                let index = self.const_str(sym);
                self.emit_ad(Op::KSTR, slot, index)?;
            }
            Kind::Num(n) => match as_short(n) {
                Some(k) => {
                    self.emit_ad(Op::KSHORT, slot, u32::from(k as u16))?;
                }
                None => {
                    let index = self.const_num(n);
                    self.emit_ad(Op::KNUM, slot, index)?;
                }
            },
            Kind::Open(pc) => {
                let ins = self.ins_mut(pc);
                *ins = ins.with_a(slot as u8);
            }
            Kind::Slot(from) => {
                if from != slot {
                    self.emit_ad(Op::MOV, slot, from)?;
                }
            }
            Kind::Nil => self.emit_nil(slot, 1)?,
            Kind::False => {
                self.emit_ad(Op::KPRI, slot, Pri::False as u32)?;
            }
            Kind::True => {
                self.emit_ad(Op::KPRI, slot, Pri::True as u32)?;
            }
            _ => return Ok(()),
        }
        e.kind = Kind::Slot(slot);
        Ok(())
    }

    /// Puts a value into a slot.
    pub(crate) fn put_in(&mut self, e: &mut Expr, slot: Slot) -> Res<()> {
        self.put_in_unbranched(e, slot)?;
        let comparison = match e.kind {
            Kind::Jump(pc) => {
                self.append_jumps(&mut e.t, pc)?;
                true
            }
            _ => false,
        };
        if e.has_jump() {
            let (mut on_false, mut on_true) = (NO_JUMP, NO_JUMP);
            if self.lacks_value(e.t) || self.lacks_value(e.f) {
                let over = if comparison { NO_JUMP } else { self.emit_jump()? };
                on_false = self.emit_ad(Op::KPRI, slot, Pri::False as u32)?;
                self.emit(Ins::aj(Op::JMP, self.func.free as u8, 1))?;
                on_true = self.emit_ad(Op::KPRI, slot, Pri::True as u32)?;
                self.patch_here(over)?;
            }
            let end = self.func.pc;
            self.func.last_target = end;
            self.patch_values(e.f, end, slot as u8, on_false)?;
            self.patch_values(e.t, end, slot as u8, on_true)?;
        }
        *e = Expr::new(Kind::Slot(slot));
        Ok(())
    }

    /// Puts a value into the next free slot.
    pub(crate) fn put_next(&mut self, e: &mut Expr) -> Res<()> {
        self.discharge(e)?;
        self.free_expr(e);
        self.reserve(1)?;
        self.put_in(e, self.func.free - 1)
    }

    /// Puts a value into some slot and returns it.
    pub(crate) fn put_any(&mut self, e: &mut Expr) -> Res<Slot> {
        self.discharge(e)?;
        if let Kind::Slot(slot) = e.kind {
            if !e.has_jump() {
                return Ok(slot);
            }
            if slot >= self.func.active {
                self.put_in(e, slot)?;
                return Ok(slot);
            }
        }
        self.put_next(e)?;
        Ok(self.func.free - 1)
    }

    /// Turns an expression into a value without jumps: a constant, a slot or an open instruction.
    pub(crate) fn make_value(&mut self, e: &mut Expr) -> Res<()> {
        if e.has_jump() {
            self.put_any(e)?;
            Ok(())
        } else {
            self.discharge(e)
        }
    }

    /// Indexes the table in a slot by a value.
    pub(crate) fn index(&mut self, table: Slot, key: &mut Expr) -> Res<Kind> {
        match key.kind {
            Kind::Num(n) if as_short(n).is_some_and(|k| (0..=MAX_BYTE as i16).contains(&k)) => {
                return Ok(Kind::Indexed { table, key: Key::Byte(n as u8) });
            }
            Kind::Str(sym) => {
                let index = self.const_str(sym);
                if index <= MAX_BYTE {
                    return Ok(Kind::Indexed { table, key: Key::Str(index as u8) });
                }
            }
            _ => {}
        }
        let slot = self.put_any(key)?;
        Ok(Kind::Indexed { table, key: Key::Slot(slot) })
    }

    /// Stores a value in a variable, which is a local, an upvalue, a global or indexed.
    pub(crate) fn emit_store(&mut self, target: Kind, e: &mut Expr) -> Res<()> {
        let ins = match target {
            Kind::Local { slot, var } => {
                self.vars[usize::from(var)].info |= Var::WRITTEN;
                self.free_expr(e);
                return self.put_in(e, slot);
            }
            Kind::Upvalue { index, var } => {
                self.vars[usize::from(var)].info |= Var::WRITTEN;
                self.make_value(e)?;
                match e.kind {
                    Kind::Str(sym) => Ins::ad(Op::USETS, index, self.const_str(sym) as u16),
                    Kind::Num(n) => Ins::ad(Op::USETN, index, self.const_num(n) as u16),
                    _ => match e.pri() {
                        Some(pri) => Ins::ad(Op::USETP, index, pri as u16),
                        None => Ins::ad(Op::USETV, index, self.put_any(e)? as u16),
                    },
                }
            }
            Kind::Global(name) => {
                let slot = self.put_any(e)?;
                Ins::ad(Op::GSET, slot as u8, self.const_str(name) as u16)
            }
            Kind::Indexed { table, key } => {
                let slot = self.put_any(e)? as u8;
                match key {
                    Key::Str(k) => Ins::abc(Op::TSETS, slot, table as u8, k),
                    Key::Byte(k) => Ins::abc(Op::TSETB, slot, table as u8, k),
                    Key::Slot(k) => Ins::abc(Op::TSETV, slot, table as u8, k as u8),
                }
            }
            // The callers have checked that it is one of the four.
            _ => return Ok(()),
        };
        self.emit(ins)?;
        self.free_expr(e);
        Ok(())
    }

    /// Looks up a method: leaves the function in the next slot, which it returns, and the object as its first argument.
    pub(crate) fn emit_method(&mut self, e: &mut Expr, name: Sym) -> Res<Slot> {
        let object = self.put_any(e)?;
        self.free_expr(e);
        let func = self.func.free;
        self.emit_ad(Op::MOV, func + 2, object)?;
        let index = self.const_str(name);
        if index <= MAX_BYTE {
            self.reserve(3)?;
            self.emit_abc(Op::TGETS, func, object, index)?;
        } else {
            self.reserve(4)?;
            self.emit_ad(Op::KSTR, func + 3, index)?;
            self.emit_abc(Op::TGETV, func, object, func + 3)?;
            self.func.free -= 1;
        }
        e.kind = Kind::Slot(func);
        Ok(func)
    }

    // Branches.

    /// Inverts the comparison before a jump.
    pub(crate) fn invert(&mut self, jump: Pos) {
        let ins = self.ins_mut(jump - 1);
        *ins = Ins(ins.0 ^ 1);
    }

    fn emit_branch(&mut self, e: &mut Expr, on_true: bool) -> Res<Pos> {
        if let Kind::Open(pc) = e.kind
            && self.op(pc) == Some(Op::NOT)
        {
            let d = self.ins(pc).d();
            *self.ins_mut(pc) = Ins::ad(if on_true { Op::ISF } else { Op::IST }, 0, d);
            return self.emit_jump();
        }
        let slot = match e.kind {
            Kind::Slot(slot) => slot,
            _ => {
                self.reserve(1)?;
                let slot = self.func.free - 1;
                self.put_in_unbranched(e, slot)?;
                slot
            }
        };
        self.emit_ad(if on_true { Op::ISTC } else { Op::ISFC }, u32::from(NO_SLOT), slot)?;
        let jump = self.emit_jump()?;
        self.free_expr(e);
        Ok(jump)
    }

    /// Goes on if the expression is true; its jumps on false stay open.
    pub(crate) fn branch_if_true(&mut self, e: &mut Expr) -> Res<()> {
        self.discharge(e)?;
        let jump = match e.kind {
            Kind::Str(_) | Kind::Num(_) | Kind::True => NO_JUMP,
            Kind::Jump(pc) => {
                self.invert(pc);
                pc
            }
            Kind::False | Kind::Nil => {
                self.put_in_unbranched(e, u32::from(NO_SLOT))?;
                self.emit_jump()?
            }
            _ => self.emit_branch(e, false)?,
        };
        self.append_jumps(&mut e.f, jump)?;
        self.patch_here(e.t)?;
        e.t = NO_JUMP;
        Ok(())
    }

    /// Goes on if the expression is false; its jumps on true stay open.
    pub(crate) fn branch_if_false(&mut self, e: &mut Expr) -> Res<()> {
        self.discharge(e)?;
        let jump = match e.kind {
            Kind::Nil | Kind::False => NO_JUMP,
            Kind::Jump(pc) => pc,
            Kind::Str(_) | Kind::Num(_) | Kind::True => {
                self.put_in_unbranched(e, u32::from(NO_SLOT))?;
                self.emit_jump()?
            }
            _ => self.emit_branch(e, true)?,
        };
        self.append_jumps(&mut e.t, jump)?;
        self.patch_here(e.f)?;
        e.f = NO_JUMP;
        Ok(())
    }
}

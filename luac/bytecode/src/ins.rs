//! One 32-bit instruction: `OP A C B` or `OP A D D` from the low byte up.

use crate::op::{JUMP_BIAS, Op};

/// An encoded instruction. Its opcode byte need not be valid: see [`Ins::op`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Ins(pub u32);

impl Ins {
    /// Makes an instruction of the form `A B C`.
    pub const fn abc(op: Op, a: u8, b: u8, c: u8) -> Ins {
        Ins(op as u32 | (a as u32) << 8 | (c as u32) << 16 | (b as u32) << 24)
    }

    /// Makes an instruction of the form `A D`.
    pub const fn ad(op: Op, a: u8, d: u16) -> Ins {
        Ins(op as u32 | (a as u32) << 8 | (d as u32) << 16)
    }

    /// Makes an instruction of the form `A jump`; `offset` is relative to the next instruction.
    pub const fn aj(op: Op, a: u8, offset: i32) -> Ins {
        Ins::ad(op, a, (offset + JUMP_BIAS) as u16)
    }

    /// Returns the opcode, if the byte names one.
    pub const fn op(self) -> Option<Op> {
        Op::from_u8(self.0 as u8)
    }

    /// Returns operand `A`.
    pub const fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Returns operand `B`.
    pub const fn b(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// Returns operand `C`.
    pub const fn c(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Returns operand `D`.
    pub const fn d(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Returns operand `D` as a jump relative to the next instruction.
    pub const fn jump(self) -> i32 {
        self.d() as i32 - JUMP_BIAS
    }

    /// Returns the instruction with another opcode.
    #[must_use]
    pub const fn with_op(self, op: Op) -> Ins {
        Ins(self.0 & !0xff | op as u32)
    }

    /// Returns the instruction with another `A`.
    #[must_use]
    pub const fn with_a(self, a: u8) -> Ins {
        Ins(self.0 & !0xff00 | (a as u32) << 8)
    }

    /// Returns the instruction with another `B`.
    #[must_use]
    pub const fn with_b(self, b: u8) -> Ins {
        Ins(self.0 & !0xff00_0000 | (b as u32) << 24)
    }

    /// Returns the instruction with another `C`.
    #[must_use]
    pub const fn with_c(self, c: u8) -> Ins {
        Ins(self.0 & !0xff_0000 | (c as u32) << 16)
    }

    /// Returns the instruction with another `D`.
    #[must_use]
    pub const fn with_d(self, d: u16) -> Ins {
        Ins(self.0 & 0xffff | (d as u32) << 16)
    }

    /// Returns the instruction with another jump, relative to the next instruction.
    #[must_use]
    pub const fn with_jump(self, offset: i32) -> Ins {
        self.with_d((offset + JUMP_BIAS) as u16)
    }
}

impl std::fmt::Debug for Ins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.op() {
            Some(op) if op.has_d() => write!(f, "{} {} {}", op.name(), self.a(), self.d()),
            Some(op) => write!(f, "{} {} {} {}", op.name(), self.a(), self.b(), self.c()),
            None => write!(f, "?{:08x}", self.0),
        }
    }
}

//! What the literal operands of an operation mean, for text and verifier.

use crate::field::{Conv, Field, FpMath};
use crate::op::{Mode, Op};
use abi::support::Helper;

/// What a literal operand is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LitKind {
    /// A number: a slot, a count, an index.
    Number,
    /// A [`Field`].
    Field,
    /// An [`FpMath`].
    FpMath,
    /// A [`Conv`].
    Conv,
    /// A helper of `abi::support`.
    Helper,
    /// A set of [`sload`](crate::sload) flags.
    Sload,
}

impl LitKind {
    /// Returns the name of literal `n`; nothing if it has none.
    pub fn name(self, n: i32) -> Option<&'static str> {
        let i = usize::try_from(n).ok()?;
        match self {
            LitKind::Field => Field::ALL.get(i).map(|f| f.name()),
            LitKind::FpMath => FpMath::ALL.get(i).map(|f| f.name()),
            LitKind::Conv => Conv::ALL.get(i).map(|c| c.name()),
            LitKind::Helper => Helper::ALL.get(i).map(|h| h.row().name),
            LitKind::Number | LitKind::Sload => None,
        }
    }

    /// Returns the literal called `name`.
    pub fn parse(self, name: &str) -> Option<i32> {
        let i = match self {
            LitKind::Field => Field::ALL.iter().position(|f| f.name() == name),
            LitKind::FpMath => FpMath::ALL.iter().position(|f| f.name() == name),
            LitKind::Conv => Conv::ALL.iter().position(|c| c.name() == name),
            LitKind::Helper => Helper::ALL.iter().position(|h| h.row().name == name),
            LitKind::Number | LitKind::Sload => None,
        };
        i.map(|i| i as i32)
    }
}

impl Op {
    /// Returns what operand `b`, of mode `Lit`, means. Literals in `a` are numbers.
    pub const fn lit_kind(self) -> LitKind {
        match self {
            Op::FLOAD | Op::FREF => LitKind::Field,
            Op::FPMATH => LitKind::FpMath,
            Op::CONV => LitKind::Conv,
            Op::CALLN | Op::CALLA | Op::CALLL | Op::CALLS => LitKind::Helper,
            Op::SLOAD => LitKind::Sload,
            _ => LitKind::Number,
        }
    }
}

impl crate::Ins {
    /// Returns the field that FLOAD or FREF names.
    pub fn field(self) -> Option<Field> {
        let lit = self.op.lit_kind() == LitKind::Field;
        if lit { Field::ALL.get(self.b.0 as usize).copied() } else { None }
    }
    /// Returns the function of FPMATH.
    pub fn fpmath(self) -> Option<FpMath> {
        let lit = self.op.lit_kind() == LitKind::FpMath;
        if lit { FpMath::ALL.get(self.b.0 as usize).copied() } else { None }
    }
    /// Returns the conversion of CONV.
    pub fn conv(self) -> Option<Conv> {
        let lit = self.op.lit_kind() == LitKind::Conv;
        if lit { Conv::ALL.get(self.b.0 as usize).copied() } else { None }
    }
    /// Returns the helper of a call.
    pub fn helper(self) -> Option<Helper> {
        let lit = self.op.lit_kind() == LitKind::Helper;
        if lit { Helper::ALL.get(self.b.0 as usize).copied() } else { None }
    }
}

const _: () = assert!(matches!(Op::CONV.modes().1, Mode::Lit) && matches!(Op::SLOAD.modes().1, Mode::Lit));

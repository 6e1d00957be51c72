//! Where values are: registers, spill slots, sets of registers.

/// A register: 0 to 31 general ones, 32 to 63 floating-point ones, by their hardware numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Reg(pub u8);

impl Reg {
    /// General register `n`.
    pub const fn gpr(n: u8) -> Reg {
        Reg(n)
    }
    /// Floating-point register `n`.
    pub const fn fpr(n: u8) -> Reg {
        Reg(32 + n)
    }
    /// Says whether it is a floating-point register.
    pub const fn is_fpr(self) -> bool {
        self.0 >= 32
    }
    /// Returns the hardware number.
    pub const fn number(self) -> u8 {
        self.0 & 31
    }
}

/// A register or a spill slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Place {
    /// Register.
    Reg(Reg),
    /// Spill slot, 8 bytes.
    Slot(u16),
}

impl Default for Place {
    fn default() -> Place {
        Place::Slot(0)
    }
}

impl Place {
    /// Returns the register, if it is one.
    pub const fn reg(self) -> Option<Reg> {
        match self {
            Place::Reg(r) => Some(r),
            Place::Slot(_) => None,
        }
    }
}

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RegSet(pub u64);

impl RegSet {
    /// Makes a set.
    pub const fn of(regs: &[Reg]) -> RegSet {
        let (mut bits, mut i) = (0, 0);
        while i < regs.len() {
            bits |= 1 << regs[i].0;
            i += 1;
        }
        RegSet(bits)
    }
    /// Says whether it has `r`.
    pub const fn has(self, r: Reg) -> bool {
        self.0 >> r.0 & 1 != 0
    }
    /// Adds `r`.
    pub const fn add(&mut self, r: Reg) {
        self.0 |= 1 << r.0;
    }
    /// Removes `r`.
    pub const fn remove(&mut self, r: Reg) {
        self.0 &= !(1 << r.0);
    }
    /// Says whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Gives the registers in both.
    pub const fn and(self, other: RegSet) -> RegSet {
        RegSet(self.0 & other.0)
    }
    /// Gives the registers in one or both.
    pub const fn or(self, other: RegSet) -> RegSet {
        RegSet(self.0 | other.0)
    }
    /// Gives the registers not in `other`.
    pub const fn minus(self, other: RegSet) -> RegSet {
        RegSet(self.0 & !other.0)
    }
}

impl Iterator for RegSet {
    type Item = Reg;
    fn next(&mut self) -> Option<Reg> {
        if self.0 == 0 {
            return None;
        }
        let r = Reg(self.0.trailing_zeros() as u8);
        self.remove(r);
        Some(r)
    }
}

/// The registers of a machine, as far as allocation cares.
pub struct Machine {
    /// Registers that values may be in, general ones, in order of preference.
    pub gprs: &'static [Reg],
    /// The same, floating-point ones.
    pub fprs: &'static [Reg],
    /// Registers a call preserves.
    pub saved: RegSet,
    /// Registers of integer arguments.
    pub gpr_args: &'static [Reg],
    /// Registers of floating-point arguments.
    pub fpr_args: &'static [Reg],
}

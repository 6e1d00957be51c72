//! Addresses, moves, constants: what instructions are made of.

use crate::asm::alloc::{Copy, Src};
use crate::asm::place::{Place, Reg};
use crate::asm::x64::short::short;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::collections::HashMap;

/// The assembler.
pub type Ops = VecAssembler<X64Relocation>;

/// `rsp`.
pub const RSP: u8 = 4;
/// `rbp`: the base.
pub const BASE: u8 = 5;
/// `r14`: the machine.
pub const VM: u8 = 14;
/// Scratch, `rax`.
pub const TMP: u8 = 0;
/// Scratch, `xmm15`.
pub const XTMP: u8 = 15;

/// An address.
#[derive(Clone, Copy, Debug)]
pub enum Ea {
    /// Register plus displacement.
    Base(u8, i32),
    /// Register plus 8 times an index plus displacement.
    Index8(u8, u8, i32),
    /// Register plus index plus displacement.
    Index1(u8, u8, i32),
    /// In the constant pool.
    Pool(DynamicLabel),
}

impl Ea {
    /// Returns the address `n` bytes behind.
    pub fn plus(self, n: i32) -> Ea {
        match self {
            Ea::Base(b, d) => Ea::Base(b, d + n),
            Ea::Index8(b, i, d) => Ea::Index8(b, i, d + n),
            Ea::Index1(b, i, d) => Ea::Index1(b, i, d + n),
            Ea::Pool(l) => Ea::Pool(l),
        }
    }
    /// Returns the address of a spill slot.
    pub fn slot(s: u16) -> Ea {
        Ea::Base(RSP, i32::from(s) * 8)
    }
}

/// `op register, memory`.
macro_rules! rm {
    ($o:expr, $op:ident, $fam:ident($r:expr), $sz:ident, $ea:expr) => {
        match $ea {
            Ea::Base(b, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; $op $fam($r), $sz [BYTE Rq(b) + d]),
                Err(_) => $crate::asm::x64::short::short!($o; $op $fam($r), $sz [DWORD Rq(b) + d]),
            },
            Ea::Index8(b, i, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; $op $fam($r), $sz [BYTE Rq(b) + Rq(i) * 8 + d]),
                Err(_) => $crate::asm::x64::short::short!($o; $op $fam($r), $sz [DWORD Rq(b) + Rq(i) * 8 + d]),
            },
            Ea::Index1(b, i, d) => $crate::asm::x64::short::short!($o; $op $fam($r), $sz [DWORD Rq(b) + Rq(i) + d]),
            Ea::Pool(l) => dynasm!($o; .arch x64; $op $fam($r), $sz [=>l]),
        }
    };
}
/// `op register, register, memory`.
macro_rules! rm3 {
    ($o:expr, $op:ident, $fam:ident($r:expr), $fam2:ident($s:expr), $sz:ident, $ea:expr) => {
        match $ea {
            Ea::Base(b, d) => match i8::try_from(d) {
                Ok(d) => dynasm!($o; .arch x64; $op $fam($r), $fam2($s), $sz [BYTE Rq(b) + d]),
                Err(_) => dynasm!($o; .arch x64; $op $fam($r), $fam2($s), $sz [DWORD Rq(b) + d]),
            },
            Ea::Index8(b, i, d) => match i8::try_from(d) {
                Ok(d) => dynasm!($o; .arch x64; $op $fam($r), $fam2($s), $sz [BYTE Rq(b) + Rq(i) * 8 + d]),
                Err(_) => dynasm!($o; .arch x64; $op $fam($r), $fam2($s), $sz [DWORD Rq(b) + Rq(i) * 8 + d]),
            },
            Ea::Index1(b, i, d) => dynasm!($o; .arch x64; $op $fam($r), $fam2($s), $sz [DWORD Rq(b) + Rq(i) + d]),
            Ea::Pool(l) => dynasm!($o; .arch x64; $op $fam($r), $fam2($s), $sz [=>l]),
        }
    };
}
/// `op memory, register`.
macro_rules! mr {
    ($o:expr, $op:ident, $sz:ident, $ea:expr, $fam:ident($r:expr)) => {
        match $ea {
            Ea::Base(b, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; $op $sz [BYTE Rq(b) + d], $fam($r)),
                Err(_) => $crate::asm::x64::short::short!($o; $op $sz [DWORD Rq(b) + d], $fam($r)),
            },
            Ea::Index8(b, i, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; $op $sz [BYTE Rq(b) + Rq(i) * 8 + d], $fam($r)),
                Err(_) => $crate::asm::x64::short::short!($o; $op $sz [DWORD Rq(b) + Rq(i) * 8 + d], $fam($r)),
            },
            Ea::Index1(b, i, d) => $crate::asm::x64::short::short!($o; $op $sz [DWORD Rq(b) + Rq(i) + d], $fam($r)),
            Ea::Pool(l) => dynasm!($o; .arch x64; $op $sz [=>l], $fam($r)),
        }
    };
}
/// `op memory, immediate`.
macro_rules! mi {
    ($o:expr, $op:ident, $sz:ident, $ea:expr, $isz:ident $imm:expr) => {
        match $ea {
            Ea::Base(b, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; $op $sz [BYTE Rq(b) + d], $isz $imm),
                Err(_) => $crate::asm::x64::short::short!($o; $op $sz [DWORD Rq(b) + d], $isz $imm),
            },
            Ea::Index8(b, i, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; $op $sz [BYTE Rq(b) + Rq(i) * 8 + d], $isz $imm),
                Err(_) => $crate::asm::x64::short::short!($o; $op $sz [DWORD Rq(b) + Rq(i) * 8 + d], $isz $imm),
            },
            Ea::Index1(b, i, d) => $crate::asm::x64::short::short!($o; $op $sz [DWORD Rq(b) + Rq(i) + d], $isz $imm),
            Ea::Pool(l) => dynasm!($o; .arch x64; $op $sz [=>l], $isz $imm),
        }
    };
}
/// `lea register, memory`.
macro_rules! lea {
    ($o:expr, $fam:ident($r:expr), $ea:expr) => {
        match $ea {
            Ea::Base(b, d) => match i8::try_from(d) {
                Ok(d) => $crate::asm::x64::short::short!($o; lea $fam($r), [BYTE Rq(b) + d]),
                Err(_) => $crate::asm::x64::short::short!($o; lea $fam($r), [DWORD Rq(b) + d]),
            },
            Ea::Index8(b, i, d) => $crate::asm::x64::short::short!($o; lea $fam($r), [DWORD Rq(b) + Rq(i) * 8 + d]),
            Ea::Index1(b, i, d) => $crate::asm::x64::short::short!($o; lea $fam($r), [DWORD Rq(b) + Rq(i) + d]),
            Ea::Pool(l) => dynasm!($o; .arch x64; lea $fam($r), [=>l]),
        }
    };
}
pub(super) use {lea, mi, mr, rm, rm3};

/// The assembler with its constant pool.
pub struct Asm {
    /// The assembler.
    pub o: Ops,
    pool: HashMap<u128, DynamicLabel>,
    order: Vec<(u128, bool)>,
}

impl Asm {
    /// Starts at an address.
    pub fn new(at: u64) -> Asm {
        Asm { o: VecAssembler::new(at as usize), pool: HashMap::new(), order: Vec::new() }
    }

    /// Returns the address of a constant of 8 bytes.
    pub fn pool(&mut self, bits: u64) -> Ea {
        self.pooled(u128::from(bits), false)
    }

    /// Returns the address of a constant of 16 bytes: `bits` and zeros.
    pub fn pool16(&mut self, bits: u64) -> Ea {
        self.pooled(u128::from(bits) | 1 << 127, true)
    }

    fn pooled(&mut self, key: u128, wide: bool) -> Ea {
        if let Some(&l) = self.pool.get(&key) {
            return Ea::Pool(l);
        }
        let l = self.o.new_dynamic_label();
        self.pool.insert(key, l);
        self.order.push((key, wide));
        Ea::Pool(l)
    }

    /// Emits the pool.
    pub fn emit_pool(&mut self) {
        if self.order.is_empty() {
            return;
        }
        dynasm!(self.o; .arch x64; .align 16);
        let mut order = std::mem::take(&mut self.order);
        order.sort_by_key(|&(_, wide)| !wide);
        for (key, wide) in order {
            let l = self.pool[&key];
            dynasm!(self.o; .arch x64; =>l; .u64 key as u64);
            if wide {
                dynasm!(self.o; .arch x64; .u64 0);
            }
        }
    }

    /// Fills with instructions that do nothing up to an address that is a multiple of `align`; the code begins at `start`.
    pub fn align(&mut self, start: u64, align: u64) {
        let at = start + self.o.offset().0 as u64;
        let mut gap = (at.next_multiple_of(align) - at) as usize;
        // `nop` with prefixes and an unused address; the longest has nine bytes.
        const NOPS: [&[u8]; 9] = [
            &[0x90],
            &[0x66, 0x90],
            &[0x0f, 0x1f, 0x00],
            &[0x0f, 0x1f, 0x40, 0x00],
            &[0x0f, 0x1f, 0x44, 0x00, 0x00],
            &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
            &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
            &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
            &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
        ];
        while gap > 0 {
            let nop = NOPS[gap.min(9) - 1];
            self.o.extend(nop);
            gap -= nop.len();
        }
    }

    /// Loads bits into a general register.
    pub fn imm(&mut self, r: u8, bits: u64) {
        if bits == 0 {
            short!(self.o; xor Rd(r), Rd(r));
        } else if bits <= u64::from(u32::MAX) {
            short!(self.o; mov Rd(r), DWORD bits as u32 as i32);
        } else if let Ok(small) = i32::try_from(bits as i64) {
            short!(self.o; mov Rq(r), DWORD small);
        } else {
            short!(self.o; mov Rq(r), QWORD bits as i64);
        }
    }

    /// Stores bits.
    pub fn store_bits(&mut self, ea: Ea, bits: u64) {
        if let Ok(small) = i32::try_from(bits as i64) {
            mi!(self.o, mov, QWORD, ea, DWORD small);
        } else {
            self.imm(TMP, bits);
            mr!(self.o, mov, QWORD, ea, Rq(TMP));
        }
    }

    /// Copies 8 bytes between places.
    pub fn copy(&mut self, dst: Place, src: Place) {
        match (dst, src) {
            (Place::Reg(d), Place::Reg(s)) => self.reg(d, s),
            (Place::Reg(d), Place::Slot(s)) if d.is_fpr() => rm!(self.o, movsd, Rx(d.number()), QWORD, Ea::slot(s)),
            (Place::Reg(d), Place::Slot(s)) => rm!(self.o, mov, Rq(d.number()), QWORD, Ea::slot(s)),
            (Place::Slot(d), Place::Reg(s)) if s.is_fpr() => mr!(self.o, movsd, QWORD, Ea::slot(d), Rx(s.number())),
            (Place::Slot(d), Place::Reg(s)) => mr!(self.o, mov, QWORD, Ea::slot(d), Rq(s.number())),
            (Place::Slot(d), Place::Slot(s)) => {
                // The address of `pop` counts from the raised stack pointer.
                dynasm!(self.o; .arch x64; push QWORD [rsp + i32::from(s) * 8]; pop QWORD [rsp + i32::from(d) * 8]);
            }
        }
    }

    /// Copies a register.
    pub fn reg(&mut self, d: Reg, s: Reg) {
        if d == s {
            return;
        }
        match (d.is_fpr(), s.is_fpr()) {
            (true, true) => short!(self.o; movaps Rx(d.number()), Rx(s.number())),
            (false, false) => short!(self.o; mov Rq(d.number()), Rq(s.number())),
            (true, false) => short!(self.o; movq Rx(d.number()), Rq(s.number())),
            (false, true) => short!(self.o; movq Rq(d.number()), Rx(s.number())),
        }
    }

    /// Does copies that happen at once. `bits` gives those of constants as a register has them.
    pub fn copies(&mut self, copies: &[Copy], bits: impl Fn(Src) -> u64) {
        let mut pending: Vec<(Place, Place)> = Vec::new();
        for c in copies {
            if let Src::Place(src) = c.src
                && src != c.dst
            {
                pending.push((c.dst, src));
            }
        }
        while !pending.is_empty() {
            let ready = pending.iter().position(|(d, _)| !pending.iter().any(|(_, s)| s == d));
            match ready {
                Some(k) => {
                    let (d, s) = pending.swap_remove(k);
                    self.copy(d, s);
                }
                None => {
                    // A cycle: one source goes to scratch.
                    let s = pending[0].1;
                    let fpr = matches!(s, Place::Reg(r) if r.is_fpr());
                    let tmp = Place::Reg(if fpr { Reg::fpr(XTMP) } else { Reg::gpr(TMP) });
                    self.copy(tmp, s);
                    for p in pending.iter_mut().filter(|p| p.1 == s) {
                        p.1 = tmp;
                    }
                }
            }
        }
        for c in copies {
            if matches!(c.src, Src::Place(_)) {
                continue;
            }
            let b = bits(c.src);
            match c.dst {
                Place::Reg(r) if r.is_fpr() => self.load_num(r.number(), b),
                Place::Reg(r) => self.imm(r.number(), b),
                Place::Slot(s) => self.store_bits(Ea::slot(s), b),
            }
        }
    }

    /// `cmp r32, imm8`: dynasm only has the long form.
    pub fn cmp_byte(&mut self, r: u8, k: i8) {
        if r >= 8 {
            self.o.push(0x41);
        }
        self.o.push(0x83);
        self.o.push(0xf8 | r & 7);
        self.o.push_i8(k);
    }

    /// Compares the two bytes at `ATTENTION` with 0. At the end of a short loop a load and `test` take less time than `cmp` of memory with an
    /// immediate.
    pub fn attention(&mut self) {
        dynasm!(self.o; .arch x64; movzx eax, WORD [r14 + abi::vmfield::ATTENTION]; test eax, eax);
    }

    /// Loads a number constant.
    pub fn load_num(&mut self, x: u8, bits: u64) {
        if bits == 0 {
            short!(self.o; xorps Rx(x), Rx(x));
        } else {
            let ea = self.pool(bits);
            rm!(self.o, movsd, Rx(x), QWORD, ea);
        }
    }
}

//! Short encodings. With registers that are known only at run time, `dynasm!` takes the longest form of an instruction: a REX prefix without a bit set,
//! an index byte without index, a displacement of 0. What a round of a loop costs depends on its bytes, so an instruction is assembled
//! into a buffer and loses what it does not need.
//!
//! Absent: instructions with labels, those with VEX prefix, most of those without a ModRM byte; they stay as they are.

use dynasmrt::{AssemblyOffset, DynasmApi};

/// One instruction.
#[derive(Default)]
pub struct Short {
    bytes: [u8; 24],
    len: usize,
}

impl Extend<u8> for Short {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        bytes.into_iter().for_each(|b| self.push(b));
    }
}

impl<'a> Extend<&'a u8> for Short {
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        bytes.into_iter().for_each(|b| self.push(*b));
    }
}

impl DynasmApi for Short {
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.len)
    }
    fn push(&mut self, byte: u8) {
        if let Some(b) = self.bytes.get_mut(self.len) {
            *b = byte;
        }
        self.len += 1;
    }
    fn align(&mut self, _: usize, _: u8) {}
}

/// Parts of an instruction with a ModRM byte.
struct Parts {
    rex: Option<usize>,
    modrm: usize,
    /// Reads or writes a register of one byte: there even an empty REX prefix means something.
    byte: bool,
}

impl Short {
    /// Returns the instruction, shortened.
    pub fn finish(mut self) -> impl Iterator<Item = u8> {
        debug_assert!(self.len <= self.bytes.len(), "one instruction");
        // A constant to a register has no ModRM byte.
        if self.bytes[0] == 0x40 && matches!(self.bytes[1], 0xb8..=0xbf) {
            self.remove(0, 1);
        }
        if let Some(p) = self.parts() {
            self.address(&p);
            if let Some(at) = p.rex.filter(|&at| self.bytes[at] == 0x40 && !p.byte) {
                self.remove(at, 1);
            }
        }
        self.bytes.into_iter().take(self.len)
    }

    fn remove(&mut self, at: usize, n: usize) {
        self.bytes.copy_within(at + n.., at);
        self.len -= n;
    }

    fn parts(&self) -> Option<Parts> {
        let b = &self.bytes[..self.len];
        let mut at = b.iter().position(|x| !matches!(x, 0x66 | 0xf2 | 0xf3))?;
        let rex = (b[at] & 0xf0 == 0x40).then_some(at);
        at += usize::from(rex.is_some());
        let (modrm, byte) = match *b.get(at)? {
            0x0f => match *b.get(at + 1)? {
                0x38 | 0x3a => (at + 3, false),
                // Byte operands; no ModRM byte.
                0xb6 | 0xbe | 0x90..=0x9f => (at + 2, true),
                0xc8..=0xcf | 0x80..=0x8f => return None,
                _ => (at + 2, false),
            },
            0x88 | 0x8a | 0x80 | 0xc6 | 0x84 | 0xf6 => (at + 1, true),
            0x00..=0x3f if b[at] & 7 < 4 => (at + 1, b[at] & 1 == 0),
            0x63 | 0x69 | 0x6b | 0x81 | 0x83 | 0x85 | 0x89 | 0x8b | 0x8d | 0xc1 | 0xc7 | 0xd1 | 0xd3 | 0xf7 | 0xff => {
                (at + 1, false)
            }
            _ => return None,
        };
        (modrm < b.len()).then_some(Parts { rex, modrm, byte })
    }

    /// Shortens the address.
    fn address(&mut self, p: &Parts) {
        let m = p.modrm;
        let (mode, rm) = (self.bytes[m] >> 6, self.bytes[m] & 7);
        if mode == 3 || mode == 0 {
            return;
        }
        let mut base = rm;
        let mut disp = m + 1;
        if rm == 4 {
            let sib = self.bytes[m + 1];
            base = sib & 7;
            disp += 1;
            let index_bit = p.rex.is_some_and(|r| self.bytes[r] & 2 != 0);
            if sib >> 3 & 7 == 4 && !index_bit && base != 4 {
                self.bytes[m] = self.bytes[m] & 0xf8 | base;
                self.remove(m + 1, 1);
                disp -= 1;
            }
        }
        let mut mode = mode;
        if mode == 2 {
            let d = i32::from_le_bytes([0, 1, 2, 3].map(|k| self.bytes[disp + k]));
            if i8::try_from(d).is_err() {
                return;
            }
            self.remove(disp + 1, 3);
            mode = 1;
        }
        // `rbp` and `r13` have no form without displacement.
        if mode == 1 && self.bytes[disp] == 0 && base != 5 {
            self.remove(disp, 1);
            mode = 0;
        }
        self.bytes[m] = self.bytes[m] & 0x3f | mode << 6;
    }
}

/// Assembles one instruction without labels in its shortest form.
macro_rules! short {
    ($o:expr; $($ins:tt)*) => {{
        let mut s = crate::asm::x64::short::Short::default();
        dynasmrt::dynasm!(s; .arch x64; $($ins)*);
        $o.extend(s.finish());
    }};
}
pub(crate) use short;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asm::disasm;
    use dynasmrt::dynasm;

    #[test]
    fn short_forms_mean_the_same() {
        let regs = [0, 1, 4, 5, 6, 8, 12, 13, 15];
        let (mut long, mut brief, mut count) = (0, 0, 0);
        macro_rules! both {
            ($($ins:tt)*) => {{
                let mut s = Short::default();
                dynasm!(s; .arch x64; $($ins)*);
                let whole = s.bytes[..s.len].to_vec();
                let less: Vec<u8> = s.finish().collect();
                let (a, b) = (disasm(&whole, 0), disasm(&less, 0));
                let text = |t: &[(u64, String)]| t[0].1.replace("+0]", "]");
                assert_eq!((a.len(), text(&a)), (b.len(), text(&b)), "{whole:x?} {less:x?}");
                (long, brief, count) = (long + whole.len(), brief + less.len(), count + 1);
            }};
        }
        for d in regs {
            for b in regs {
                both!(addsd Rx(d), Rx(b));
                both!(mov Rd(d), Rd(b));
                both!(mov Rq(d), Rq(b));
                both!(cmp Rd(d), Rd(b));
                both!(movq Rx(d), Rq(b));
                both!(imul Rd(d), Rd(b), DWORD 1000);
                both!(shl Rd(d), BYTE 3);
                both!(roundsd Rx(d), Rx(b), BYTE 9);
                both!(cmovl Rd(d), Rd(b));
                both!(shlx Rd(d), Rd(b), Rd(d));
                both!(mov Rd(d), DWORD 1000);
                for k in [0, 8, -8] {
                    both!(movsd Rx(d), QWORD [BYTE Rq(b) + k]);
                    both!(mov BYTE [BYTE Rq(b) + k], Rb(d));
                    both!(movzx Rd(d), BYTE [BYTE Rq(b) + k]);
                    both!(cmp BYTE [BYTE Rq(b) + k], BYTE 1);
                    both!(mov QWORD [BYTE Rq(b) + k], DWORD 77);
                    both!(cvttsd2si Rd(d), QWORD [BYTE Rq(b) + k]);
                }
                for k in [0, 8, -128, 1000] {
                    both!(lea Rq(d), [DWORD Rq(b) + k]);
                    both!(or Rq(d), QWORD [DWORD Rq(b) + k]);
                    if b != 4 {
                        both!(mov Rd(d), DWORD [DWORD Rq(d) + Rq(b) * 8 + k]);
                        both!(movzx Rd(d), BYTE [DWORD Rq(d) + Rq(b) + k]);
                        both!(cmp DWORD [DWORD Rq(d) + Rq(b) * 8 + k], DWORD 0x7fff_0000);
                    }
                }
            }
        }
        assert!(brief + count < long, "{brief} of {long} bytes in {count} instructions");
    }
}

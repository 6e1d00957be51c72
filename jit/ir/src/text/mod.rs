//! The text of traces: printed by `Display`, read by [`Trace::parse`]. Both are inverses.
//!
//! A trace is a header line, then one line per instruction, with snapshots between them: a snapshot stands before the first
//! instruction it serves.
//!
//! ```text
//! trace root pc=@00000000000000a1:17 slots=12 link=loop
//! 0000     ptr base
//! ....         snap #0 pc=@00000000000000a1:17 base=0 top=4 [ ]
//! 0001 >   int sload   #3 c
//! 0002 > + int addov   0001 +1
//! ....         snap #1 pc=@00000000000000a1:19 base=0 top=5 mres=2 [ 3:0002 4:"x" ]
//! 0003 >   int le      0002 +100
//! 0004     --- loop
//! 0005     int phi     0001 0002
//! ```
//!
//! Header: `root` or `side:TRACE/EXIT`; `link` is `open`, `loop`, `root:TRACE`, `again`, `interp`.
//!
//! Instruction: number, flags (`>` guard, `}` sunk, `+` has a PHI), type, operation, operands.
//!
//! Snapshot: number, where the interpreter goes on, slot 0 of its frame, extent, multiple results if known, entries `slot:value`.
//!
//! | operand | meaning |
//! |---|---|
//! | `0007` | instruction |
//! | `-` | no reference |
//! | `#-2` | literal number |
//! | `tab.meta` `floor` `int.num index` `str_find` | literal of FLOAD and FREF, FPMATH, CONV, CALL? |
//! | `pcr` | flags of SLOAD: parent's, convert, read-only |
//! | `+7` `-7` | int |
//! | `+7.0` `-0` `+1e300` `+inf` `nan` `nan:7ff8000000000001` | num |
//! | `nil` `false` `true` | primitive values |
//! | `"a\n\xff"` | str; escapes are `\\ \" \n \r \t \xNN` |
//! | `kproto @00000000000000a1#2` | prototype: hash of the contents, instance unless 0 |
//! | `kpc @00000000000000a1:17` | instruction 17 of a prototype |
//! | `ktempl @00000000000000a1:2` | template 2 of a prototype |
//! | `kmeta str` | metatable that all values of a type share |
//! | `kframe 24\|3` | frame word: distance, type |
//! | `kcont 4` | continuation |
//! | `kbuiltin math.sin` | builtin |
//! | `kshape 4["x","y"]` | shape: nodes, keys |
//! | `kslot "x" 3` | node 3, which holds key `"x"` |
//! | `null` `nilslot` | addresses |
//!
//! What reads is more generous than what prints: blank lines and comments (`;` to the end of the line) are skipped, hashes may be shorter,
//! `snap` and the dots need no number, the numbers of instructions are labels that only have to be unique: what is printed is numbered afresh.
//!
//! Invariant: the text does not depend on the order of constants. A trace with its constants in order of appearance is
//! [canonical](Trace::canonical), and `parse(t.to_string()) == t.canonical()` for every trace whose operands fit their modes.

mod cursor;
#[cfg(test)]
mod fuzz;
mod parse;
mod print;
#[cfg(test)]
pub(crate) mod tests;

pub use parse::ParseError;
pub(crate) use print::CANONICAL_NAN;

use crate::konst::Const;
use crate::op::Mode;
use crate::trace::{Ref, Trace};

impl Trace {
    /// Gives the same trace with its constants in order of appearance, and without those that nobody uses.
    pub fn canonical(&self) -> Trace {
        let mut out = Trace::new(self.start, self.as_const(self.pc).cloned().unwrap_or(Const::Null));
        out.ins.clear();
        out.link = self.link;
        (out.slots, out.repeats) = (self.slots, self.repeats);
        let mut snaps = self.snaps.iter().peekable();
        for at in 0..=self.ins.len() {
            while let Some(s) = snaps.next_if(|s| s.at as usize <= at || at == self.ins.len()) {
                let mut s = s.clone();
                s.pc = s.pc.map(|r| self.carry(r, &mut out));
                for (_, r) in &mut s.entries {
                    *r = self.carry(*r, &mut out);
                }
                out.snaps.push(s);
            }
            if let Some(&ins) = self.ins.get(at) {
                let mut ins = ins;
                let (ma, mb) = ins.op.modes();
                if !matches!(ma, Mode::None | Mode::Lit) {
                    ins.a = self.carry(ins.a, &mut out);
                }
                if !matches!(mb, Mode::None | Mode::Lit) {
                    ins.b = self.carry(ins.b, &mut out);
                }
                out.ins.push(ins);
            }
        }
        out
    }

    fn carry(&self, r: Ref, out: &mut Trace) -> Ref {
        self.as_const(r).map_or(r, |c| out.konst(c.clone()))
    }
}

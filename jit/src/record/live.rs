//! Which slots a snapshot has to show.
//!
//! A slot is live if a named local is in it (a debugger, a traceback handler may look at it), or if it is read before it is written. The scan
//! goes forward over the bytecode to the first jump, whose operand `A` says where free slots begin; what it does not know is live.

use super::Rec;
use crate::subject::P;
use bytecode::Op;
use bytecode::op::Mode;

/// A set of slots of a frame; negative ones (function, link) are always in it.
#[derive(Clone, Copy)]
pub(super) struct Slots([u64; 4]);

impl Slots {
    const ALL: Slots = Slots([u64::MAX; 4]);

    pub(super) fn contains(&self, i: i32) -> bool {
        !(0..=255).contains(&i) || self.0[i as usize / 64] >> (i % 64) & 1 != 0
    }
    fn add(&mut self, slots: [u64; 4]) {
        for (a, b) in self.0.iter_mut().zip(slots) {
            *a |= b;
        }
    }
    /// Adds the slots from `from` on, before `to`.
    fn set_all(&mut self, from: usize, to: usize) {
        for (k, word) in self.0.iter_mut().enumerate() {
            *word |= range(k, from, to);
        }
    }
}

/// Bits of word `k` that slots from `from` on, before `to`, have.
fn range(k: usize, from: usize, to: usize) -> u64 {
    let below = |n: usize| match n.saturating_sub(k * 64) {
        n @ 0..64 => (1 << n) - 1,
        _ => u64::MAX,
    };
    below(to) & !below(from)
}

/// Instructions looked at.
const REACH: u32 = 60;

impl Rec<'_> {
    /// Returns the slots of the running frame that are live before instruction `pc`.
    pub(super) fn live_slots(&self, p: P, pc: u32) -> Slots {
        let named = self.s.locals_at(p, pc);
        let info = self.s.info(p);
        let size = usize::from(info.frame_size);
        // Unknown slots are live; `dead` are those written before they are read.
        let mut live = Slots::ALL;
        let mut decided = Slots([0; 4]);
        let use_ = |decided: &mut Slots, from: usize, to: usize| {
            decided.set_all(from, to);
        };
        let define = |live: &mut Slots, decided: &mut Slots, from: usize, to: usize| {
            for k in 0..4 {
                live.0[k] &= !(range(k, from, to) & !decided.0[k]);
            }
            decided.set_all(from, to);
        };
        for at in pc..(pc + REACH).min(info.size) {
            let ins = self.s.code(p, at);
            let Some(op) = ins.op() else { break };
            let (a, b, c, d) = (usize::from(ins.a()), usize::from(ins.b()), usize::from(ins.c()), usize::from(ins.d()));
            let modes = op.modes();
            if modes.b == Mode::Var {
                use_(&mut decided, b, b + 1);
            }
            match modes.c {
                Mode::Var if modes.b == Mode::None => use_(&mut decided, d, d + 1),
                Mode::Var => use_(&mut decided, c, c + 1),
                _ => {}
            }
            if modes.a == Mode::Var {
                use_(&mut decided, a, a + 1);
            }
            match op {
                Op::CAT => use_(&mut decided, b, c + 1),
                Op::KNIL => define(&mut live, &mut decided, a, d + 1),
                Op::TSETM => {
                    use_(&mut decided, a - 1, size);
                    break;
                }
                Op::CALL => {
                    use_(&mut decided, a, a + 1);
                    use_(&mut decided, a + 2, a + c + 1);
                    // Everything above the call is the callee's.
                    define(&mut live, &mut decided, a, 256);
                    break;
                }
                Op::CALLM | Op::VARG => break,
                Op::ITERC | Op::ITERN => {
                    use_(&mut decided, a.saturating_sub(3), a);
                    define(&mut live, &mut decided, a, 256);
                    break;
                }
                Op::CALLT => {
                    use_(&mut decided, a, a + 1);
                    use_(&mut decided, a + 2, a + d + 1);
                    define(&mut live, &mut decided, 0, 256);
                    break;
                }
                Op::CALLMT | Op::RETM => break,
                Op::RET | Op::RET0 | Op::RET1 => {
                    use_(&mut decided, a, a + d.saturating_sub(1));
                    define(&mut live, &mut decided, 0, 256);
                    break;
                }
                Op::JMP | Op::LOOP | Op::ILOOP | Op::JLOOP | Op::UCLO | Op::ISNEXT => {
                    if op == Op::UCLO || op == Op::ISNEXT {
                        break;
                    }
                    define(&mut live, &mut decided, a, 256);
                    if op == Op::JMP {
                        break;
                    }
                }
                Op::FORI | Op::JFORI | Op::FORL | Op::IFORL | Op::JFORL => {
                    use_(&mut decided, a, a + 3);
                    define(&mut live, &mut decided, a + 3, 256);
                    break;
                }
                Op::ITERL | Op::IITERL | Op::JITERL => {
                    use_(&mut decided, a, a + 1);
                    break;
                }
                Op::FNEW | Op::FUNCF | Op::IFUNCF | Op::JFUNCF | Op::FUNCV | Op::IFUNCV | Op::JFUNCV => break,
                _ => {}
            }
            if modes.a == Mode::Dst {
                define(&mut live, &mut decided, a, a + 1);
            }
        }
        match named {
            Some(n) => {
                live.set_all(0, n as usize);
            }
            // A closure may read what the function itself does not.
            None => live.add(self.s.captured(p)),
        }
        live
    }
}

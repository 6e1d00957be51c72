//! The same as `operands` and `groups` in one pass that only says yes or no.
//!
//! Nearly all bytecode is good, and programs that load many sources verify as much as they compile. So good bytecode is recognised by table
//! look-ups, with a closer look at the instructions whose class says so; where something is wrong the other two find out what.
//!
//! Invariant: what is passed here passes there (asserted in debug builds).

use super::operands::Limits;
use super::{Function, groups, operands};
use crate::op::{Mode, Op};
use crate::proto::GcConst;

/// Its slots, or its partners, need a look.
const GROUP: u8 = 1;
/// It is followed by a jump.
const TEST: u8 = 2;
/// It may make or take multiple results.
pub(super) const MULTRES: u8 = 4;
/// It is the head of a loop that may be entered through it only.
pub(super) const LOOP: u8 = 8;

/// Returns the class of an opcode: a set of the above.
#[inline(always)]
pub(super) fn class(op: Op) -> u8 {
    static CLASSES: [u8; Op::ALL.len()] = {
        let mut classes = [0; Op::ALL.len()];
        let mut i = 0;
        while i < classes.len() {
            classes[i] = match Op::ALL[i] {
                _ if i <= Op::ISF as usize => TEST,
                Op::CALL | Op::CALLM | Op::CALLMT | Op::VARG | Op::RETM | Op::TSETM => GROUP | MULTRES,
                Op::FORI | Op::FORL | Op::ISNEXT => GROUP | LOOP,
                Op::CALLT
                | Op::ITERC
                | Op::ITERN
                | Op::ITERL
                | Op::RET
                | Op::RET0
                | Op::RET1
                | Op::KNIL
                | Op::CAT
                | Op::TNEW => GROUP,
                _ => 0,
            };
            i += 1;
        }
        classes
    };
    CLASSES[op as usize]
}

/// Says whether all operands, groups and loops are as they must be.
pub(super) fn check(f: &Function) -> bool {
    let good = passes(f) && (f.classes & LOOP == 0 || groups::check_loop_entries(f).is_ok());
    debug_assert!(!good || operands::check(f).is_ok() && groups::check(f).is_ok(), "what is passed quickly is good");
    good
}

fn passes(f: &Function) -> bool {
    let limits = Limits::new(f);
    let (ops, kgc) = (&f.ops[..], &f.proto.kgc[..]);
    let n = ops.len();
    let code = &f.proto.bc[..n];
    // The last two may run off the end; the others do not.
    let last = n.saturating_sub(2).max(1);
    for pc in 1..last {
        let (ins, op) = (code[pc], ops[pc]);
        let modes = op.modes();
        let c = if modes.b == Mode::None { ins.d() } else { u16::from(ins.c()) };
        if !(limits.allow(modes.a, u16::from(ins.a())) & limits.allow(modes.b, u16::from(ins.b()))) {
            return false;
        }
        let good = limits.allow(modes.c, c)
            || match modes.c {
                Mode::Str => matches!(kgc.get(usize::from(c)), Some(GcConst::Str(_))),
                Mode::Jump => {
                    let target = pc as i64 + 1 + i64::from(ins.jump());
                    target >= 1 && ops.get(target as usize).is_some_and(|op| *op != Op::ITERL)
                }
                _ => operands::check_at(f, &limits, pc).is_ok(),
            };
        if !good || class(op) & TEST != 0 && ops[pc + 1] != Op::JMP {
            return false;
        }
    }
    let size = f.frame_size();
    let group = |pc: usize| {
        let (ins, op) = (code[pc], ops[pc]);
        let (a, b, c) = (usize::from(ins.a()), usize::from(ins.b()), usize::from(ins.c()));
        // Most are calls of this kind.
        op == Op::CALL && c >= 1 && a + 1 < size && a + c < size && a + b < size + 2 || groups::check_at(f, pc).is_ok()
    };
    (last..n).all(|pc| operands::check_at(f, &limits, pc).is_ok())
        && (1..n).all(|pc| class(ops[pc]) & GROUP == 0 || group(pc))
}

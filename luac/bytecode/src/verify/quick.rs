//! The same as `operands` and `groups`, in a way that only says yes or no.
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
const LOOP: u8 = 8;
/// It is none that may be loaded.
const INVALID: u8 = 16;

/// What is to be known of an opcode.
#[derive(Clone, Copy)]
struct Row {
    /// Modes of its operands; `C` or `D` in the last.
    modes: [Mode; 3],
    /// A set of the above.
    class: u8,
}

static ROWS: [Row; 256] = {
    let mut rows = [Row { modes: [Mode::None; 3], class: INVALID }; 256];
    let mut i = 0;
    while i < rows.len() {
        if let Some(op) = operands::DUMPED[i] {
            let modes = op.modes();
            rows[i] = Row { modes: [modes.a, modes.b, modes.c], class: class(op) };
        }
        i += 1;
    }
    rows
};

/// Returns the class of an opcode.
pub(super) const fn class(op: Op) -> u8 {
    match op {
        _ if op as usize <= Op::ISF as usize => TEST,
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
    }
}

/// Returns the classes that matter of a function that is as it must be, but for multiple results and closures. Nothing if it is not.
pub(super) fn check(f: &Function) -> Option<u8> {
    let classes = operands_pass(f)?;
    let classes = groups_pass(f, classes)?;
    if classes & LOOP != 0 {
        groups::check_loop_entries(f).ok()?;
    }
    f.check_constants().ok()?;
    debug_assert!(operands::check(f).is_ok() && groups::check(f).is_ok(), "what is passed quickly is good");
    Some(classes)
}

/// Looks at the operands; returns the classes of all instructions.
fn operands_pass(f: &Function) -> Option<u8> {
    let limits = Limits::new(f);
    let (code, kgc) = (&f.proto.bc[..], &f.proto.kgc[..]);
    let n = code.len();
    let row = |pc: usize| &ROWS[usize::from(code[pc].0 as u8)];
    // The last two may run off the end; the others do not.
    let last = n.saturating_sub(2).max(1);
    let mut classes = 0;
    for pc in 1..last {
        let (ins, row) = (code[pc], row(pc));
        let [a, b, c] = row.modes;
        // In the form without B its mode is `None`, which allows anything.
        let value = if b == Mode::None { ins.d() } else { u16::from(ins.c()) };
        if !(limits.allow(a, u16::from(ins.a())) & limits.allow(b, u16::from(ins.b()))) {
            return None;
        }
        classes |= row.class;
        if !limits.allow(c, value) {
            let good = match c {
                Mode::Str => matches!(kgc.get(usize::from(value)), Some(GcConst::Str(_))),
                Mode::Jump => {
                    let target = pc as i64 + 1 + i64::from(ins.jump());
                    target >= 1 && code.get(target as usize).is_some_and(|ins| ins.0 as u8 != Op::ITERL as u8)
                }
                // Its opcode is valid, or its mode were another.
                _ => operands::check_at(f, &limits, pc).is_ok(),
            };
            if !good {
                return None;
            }
        }
        if row.class & TEST != 0 && code[pc + 1].0 as u8 != Op::JMP as u8 {
            return None;
        }
    }
    for pc in last..n {
        classes |= row(pc).class;
        if row(pc).class & INVALID != 0 || operands::check_at(f, &limits, pc).is_err() {
            return None;
        }
    }
    (classes & INVALID == 0).then_some(classes)
}

/// Looks at groups; returns the classes again, without `MULTRES` if there are no multiple results.
fn groups_pass(f: &Function, classes: u8) -> Option<u8> {
    let size = f.frame_size();
    let mut multres = 0;
    for pc in 1..f.len() {
        let ins = f.ins(pc);
        let class = ROWS[usize::from(ins.0 as u8)].class;
        if class & GROUP == 0 {
            continue;
        }
        let (a, b, c) = (usize::from(ins.a()), usize::from(ins.b()), usize::from(ins.c()));
        // Most are calls of this kind.
        let call = ins.0 as u8 == Op::CALL as u8 && b > 0 && c >= 1 && a + 1 < size && a + c < size && a + b < size + 2;
        if !call {
            groups::check_at(f, pc).ok()?;
            multres |= class & MULTRES;
        }
    }
    Some(classes & !MULTRES | multres)
}

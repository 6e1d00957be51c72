//! Operands against their modes, one function per mode, and where control may go.

use super::{Flow, Function, Result, flow};
use crate::op::{Mode, Op};
use crate::proto::GcConst;

/// The opcode of each byte that `luajit -b` can write.
pub(super) static DUMPED: [Option<Op>; 256] = {
    let mut ops = [None; 256];
    let mut i = 0;
    while i < Op::FUNCF as usize {
        let op = Op::ALL[i];
        let internal = matches!(op, Op::ISTYPE | Op::ISNUM | Op::TGETR | Op::TSETR | Op::KCDATA);
        let patched = matches!(op, Op::JFORI | Op::IFORL | Op::JFORL | Op::IITERL | Op::JITERL | Op::ILOOP | Op::JLOOP);
        if !internal && !patched {
            ops[i] = Some(op);
        }
        i += 1;
    }
    ops
};

/// For each mode the first value that is too large. Nearly all operands are fine, so this comes first; what is wrong is found out by
/// the function for the mode.
pub(super) struct Limits([u32; Mode::Cdata as usize + 1]);

impl Limits {
    pub(super) fn new(f: &Function) -> Limits {
        let mut limits = [0x1_0000; Mode::Cdata as usize + 1];
        let size = u32::from(f.proto.frame_size);
        let mut set = |mode: Mode, limit: u32| limits[mode as usize] = limit;
        set(Mode::Dst, size);
        set(Mode::Base, size);
        set(Mode::Var, size);
        set(Mode::Rbase, size + 1);
        set(Mode::Uv, f.proto.upvalues.len() as u32);
        set(Mode::Pri, 3);
        set(Mode::Num, f.proto.knum.len() as u32);
        // These need a look at the constant, or at the target.
        for mode in [Mode::Str, Mode::Tab, Mode::Func, Mode::Jump, Mode::Cdata] {
            set(mode, 0);
        }
        Limits(limits)
    }

    #[inline(always)]
    pub(super) fn allow(&self, mode: Mode, value: u16) -> bool {
        u32::from(value) < self.0[mode as usize]
    }
}

pub(super) fn check(f: &Function) -> Result {
    let limits = Limits::new(f);
    (1..f.len()).try_for_each(|pc| check_at(f, &limits, pc))
}

/// Checks instruction `pc`.
pub(super) fn check_at(f: &Function, limits: &Limits, pc: usize) -> Result {
    let ins = f.ins(pc);
    let modes = f.ops[pc].modes();
    // In the form without B its mode is `None`, which allows anything.
    let b = u16::from(ins.b());
    let c = if modes.b == Mode::None { ins.d() } else { u16::from(ins.c()) };
    if !(limits.allow(modes.a, u16::from(ins.a())) & limits.allow(modes.b, b)) {
        check_operand(f, pc, modes.a, u16::from(ins.a()))?;
        check_operand(f, pc, modes.b, b)?;
    }
    if !limits.allow(modes.c, c) {
        check_operand(f, pc, modes.c, c)?;
    }
    let (needed, test) = match flow(f.ops[pc]) {
        Flow::Next | Flow::Branch => (1, false),
        Flow::Test => (2, true),
        Flow::Jump | Flow::Leave => (0, false),
    };
    if pc + needed >= f.len() {
        return f.bad(pc, "control runs off the end");
    }
    if test && f.ops[pc + 1] != Op::JMP {
        return f.bad(pc, "test without a jump");
    }
    Ok(())
}

fn check_operand(f: &Function, pc: usize, mode: Mode, value: u16) -> Result {
    match mode {
        Mode::None | Mode::Lit | Mode::Lits => Ok(()),
        Mode::Dst | Mode::Base | Mode::Var => check_slot(f, pc, value),
        Mode::Rbase => check_level(f, pc, value),
        Mode::Uv => check_upvalue(f, pc, value),
        Mode::Pri => check_primitive(f, pc, value),
        Mode::Num => check_number(f, pc, value),
        Mode::Str => check_string(f, pc, value),
        Mode::Tab => check_template(f, pc, value),
        Mode::Func => check_child(f, pc, value),
        Mode::Jump => check_jump(f, pc),
        Mode::Cdata => f.bad(pc, "cdata constants are not supported"),
    }
}

fn check_slot(f: &Function, pc: usize, slot: u16) -> Result {
    if usize::from(slot) < f.frame_size() { Ok(()) } else { f.bad(pc, "slot out of range") }
}

/// A first slot of a group that may be empty.
fn check_level(f: &Function, pc: usize, slot: u16) -> Result {
    if usize::from(slot) <= f.frame_size() { Ok(()) } else { f.bad(pc, "slot out of range") }
}

fn check_upvalue(f: &Function, pc: usize, index: u16) -> Result {
    if usize::from(index) < f.proto.upvalues.len() { Ok(()) } else { f.bad(pc, "upvalue out of range") }
}

fn check_primitive(f: &Function, pc: usize, value: u16) -> Result {
    if value <= 2 { Ok(()) } else { f.bad(pc, "unknown primitive") }
}

fn check_number(f: &Function, pc: usize, index: u16) -> Result {
    if usize::from(index) < f.proto.knum.len() { Ok(()) } else { f.bad(pc, "number constant out of range") }
}

fn check_string(f: &Function, pc: usize, index: u16) -> Result {
    match f.proto.kgc.get(usize::from(index)) {
        Some(GcConst::Str(_)) => Ok(()),
        _ => f.bad(pc, "operand is not a string constant"),
    }
}

fn check_template(f: &Function, pc: usize, index: u16) -> Result {
    match f.proto.kgc.get(usize::from(index)) {
        Some(GcConst::Tab(_)) => Ok(()),
        _ => f.bad(pc, "operand is not a template table"),
    }
}

fn check_child(f: &Function, pc: usize, index: u16) -> Result {
    match f.proto.kgc.get(usize::from(index)) {
        Some(GcConst::Proto(_)) => Ok(()),
        _ => f.bad(pc, "operand is not a child function"),
    }
}

fn check_jump(f: &Function, pc: usize) -> Result {
    let target = pc as i64 + 1 + i64::from(f.ins(pc).jump());
    if !(1..f.len() as i64).contains(&target) {
        return f.bad(pc, "jump out of the function");
    }
    // The end of a generic loop is one group: the call of the iterator and the jump back.
    if f.ops[target as usize] == Op::ITERL {
        return f.bad(pc, "jump into a group of instructions");
    }
    Ok(())
}

//! Finds the modules a program names: `require "literal"` in its bytecode.
//!
//! One pass over each function follows what slots hold: the function `require` (from the global table, a field, a local or an
//! upvalue of that name), `pcall`, a string. A call of `require` with one string names a module; `pcall(require, "x")` names
//! one that the program can do without. Control flow is ignored: that can only name a module too many.
//!
//! Absent: names that are computed (`require("x." .. y)`), and locals of other names that hold `require`; `--module` names those.

use bytecode::op::Mode;
use bytecode::proto::{DebugInfo, VarName};
use bytecode::{GcConst, Ins, Op, Proto};

/// A module that a chunk requires.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Required {
    /// Name of the module.
    pub name: Vec<u8>,
    /// Line of the call; 0 if unknown.
    pub line: u32,
    /// The call is protected: the program goes on without the module.
    pub guarded: bool,
}

/// Returns the modules that a function and the functions inside it require, in order of appearance.
pub fn requires(main: &Proto) -> Vec<Required> {
    let mut found = Vec::new();
    scan(main, &mut found);
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Held<'p> {
    Other,
    Require,
    Pcall,
    Str(&'p [u8]),
}

fn scan(proto: &Proto, found: &mut Vec<Required>) {
    let mut slots = [Held::Other; 256];
    for (pc, &ins) in proto.bc.iter().enumerate() {
        let Some(op) = ins.op() else { continue };
        let a = usize::from(ins.a());
        match op {
            Op::GGET => slots[a] = named(string(proto, ins.d())),
            Op::TGETS => slots[a] = named(string(proto, u16::from(ins.c()))),
            Op::UGET => slots[a] = named(upvalue_name(proto, ins.d())),
            Op::KSTR => slots[a] = string(proto, ins.d()).map_or(Held::Other, Held::Str),
            Op::MOV => {
                let from = usize::from(ins.d());
                slots[a] = match slots[from] {
                    Held::Other => named(local_name(proto, from, pc)),
                    held => held,
                };
            }
            Op::FNEW => {
                slots[a] = Held::Other;
                if let Some(child) = proto.child(usize::from(ins.d())) {
                    scan(child, found);
                }
            }
            Op::CALL | Op::CALLT => {
                let args = arguments(op, ins);
                if let Some((name, guarded)) = required(&slots, a, args) {
                    found.push(Required { name: name.to_vec(), line: line(proto, pc), guarded });
                }
                slots[a..].fill(Held::Other);
            }
            _ => match op.modes().a {
                Mode::Dst => slots[a] = Held::Other,
                Mode::Base => slots[a..].fill(Held::Other),
                _ => {}
            },
        }
    }
}

fn arguments(op: Op, ins: Ins) -> usize {
    let n = if op == Op::CALLT { usize::from(ins.d()) } else { usize::from(ins.c()) };
    n.saturating_sub(1)
}

/// Returns the module that a call of slot `a` with `args` arguments requires, and whether the call is protected.
fn required<'p>(slots: &[Held<'p>; 256], a: usize, args: usize) -> Option<(&'p [u8], bool)> {
    let slot = |i: usize| slots.get(a + i).copied().unwrap_or(Held::Other);
    match (slot(0), slot(2), slot(3)) {
        (Held::Require, Held::Str(name), _) if args == 1 => Some((name, false)),
        (Held::Pcall, Held::Require, Held::Str(name)) if args == 2 => Some((name, true)),
        _ => None,
    }
}

fn named(name: Option<&[u8]>) -> Held<'_> {
    match name {
        Some(b"require") => Held::Require,
        Some(b"pcall") => Held::Pcall,
        _ => Held::Other,
    }
}

fn string(proto: &Proto, index: u16) -> Option<&[u8]> {
    match proto.kgc.get(usize::from(index)) {
        Some(GcConst::Str(s)) => Some(s),
        _ => None,
    }
}

fn upvalue_name(proto: &Proto, index: u16) -> Option<&[u8]> {
    debug(proto)?.upvalue_names.get(usize::from(index)).map(|n| &**n)
}

/// Returns the name of the local variable in `slot` at `pc`: live variables take slots in order of their start.
fn local_name(proto: &Proto, slot: usize, pc: usize) -> Option<&[u8]> {
    let mut live = debug(proto)?.vars.iter().filter(|v| (v.start as usize) <= pc && pc < v.end as usize);
    match &live.nth(slot)?.name {
        VarName::Name(name) => Some(name),
        VarName::Internal(_) => None,
    }
}

fn line(proto: &Proto, pc: usize) -> u32 {
    debug(proto).and_then(|d| d.lines.get(pc.checked_sub(1)?).copied()).unwrap_or(0)
}

fn debug(proto: &Proto) -> Option<&DebugInfo> {
    proto.debug.as_ref()
}

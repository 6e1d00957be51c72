//! Which slots of a frame an instruction and what follows it can read: an exact analysis backwards over a whole prototype.
//!
//! The recorder has one of its own, which looks forward and guesses; this one shares nothing with it. Besides what is read, local
//! variables with names count: a debugger may show them.

use bytecode::op::Mode;
use bytecode::proto::UpvalDesc;
use bytecode::{Ins, Op};
use heap::{ProtoObj, Value, Vm};
use std::collections::HashMap;

/// A set of slots.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Slots([u64; 4]);

impl Slots {
    /// Says whether it has slot `i`.
    pub fn has(&self, i: usize) -> bool {
        i < 256 && self.0[i / 64] >> (i % 64) & 1 != 0
    }
    fn add(&mut self, from: usize, to: usize) {
        for i in from..to.min(256) {
            self.0[i / 64] |= 1 << (i % 64);
        }
    }
    fn remove(&mut self, from: usize, to: usize) {
        for i in from..to.min(256) {
            self.0[i / 64] &= !(1 << (i % 64));
        }
    }
    fn join(&mut self, other: &Slots) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
    }
}

/// Live slots before each instruction, by prototype.
#[derive(Default)]
pub(super) struct Live(HashMap<u64, Vec<Slots>>);

impl Live {
    /// Returns the slots that are live before instruction `at` of a live prototype.
    pub fn before(&mut self, vm: &Vm, p: *const ProtoObj, at: u32) -> Slots {
        let table = self.0.entry(p as u64).or_insert_with(|| analyse(vm, p));
        let mut live = table.get(at as usize).copied().unwrap_or_default();
        // SAFETY: the index is that of an instruction.
        let ins = Ins(unsafe { interp::jit::original_ins(vm, p, at) });
        // The end of a loop is in the scope of the loop's variables, whose slots calls have overwritten.
        if let Some(Op::ITERC | Op::ITERN | Op::ITERL | Op::IITERL | Op::FORL | Op::IFORL) = ins.op() {
            return live;
        }
        // SAFETY: a live prototype's debug information.
        if let Some(debug) = unsafe { (*p).debug.as_ref() } {
            let named = debug.vars.iter().take_while(|v| v.start <= at).filter(|v| at < v.end).count();
            live.add(0, named);
        }
        live
    }
}

fn analyse(vm: &Vm, p: *const ProtoObj) -> Vec<Slots> {
    // SAFETY: callers pass live prototypes.
    let n = unsafe { (*p).size_bc };
    // SAFETY: the index is below the number of instructions.
    let code: Vec<Ins> = (0..n).map(|i| Ins(unsafe { interp::jit::original_ins(vm, p, i) })).collect();
    let mut live = vec![Slots::default(); code.len() + 2];
    loop {
        let mut changed = false;
        for at in (0..code.len()).rev() {
            let mut now = Slots::default();
            for next in successors(&code, at) {
                let mut there = live.get(next).copied().unwrap_or_default();
                if next == at + 1 && matches!(code[at].op(), Some(Op::ISTC | Op::ISFC)) {
                    // They write if the jump that follows is taken.
                    there.remove(usize::from(code[at].a()), usize::from(code[at].a()) + 1);
                }
                now.join(&there);
            }
            step(p, code[at], &mut now);
            if now != live[at] {
                live[at] = now;
                changed = true;
            }
        }
        if !changed {
            return live;
        }
    }
}

fn successors(code: &[Ins], at: usize) -> Vec<usize> {
    let ins = code[at];
    let target = || (at as i64 + 1 + i64::from(ins.jump())) as usize;
    match ins.op() {
        Some(Op::CALLT | Op::CALLMT | Op::RET | Op::RET0 | Op::RET1 | Op::RETM) | None => Vec::new(),
        Some(Op::JMP | Op::UCLO | Op::ISNEXT) => vec![target()],
        Some(Op::FORI | Op::FORL | Op::IFORL | Op::ITERL | Op::IITERL) => vec![at + 1, target()],
        // A jump follows, which is taken or not.
        Some(op) if (op as u8) < Op::ISTYPE as u8 => vec![at + 1, at + 2],
        Some(_) => vec![at + 1],
    }
}

/// Turns what is live behind an instruction into what is live before it.
fn step(p: *const ProtoObj, ins: Ins, live: &mut Slots) {
    let Some(op) = ins.op() else { return };
    let (a, b, c, d) = (usize::from(ins.a()), usize::from(ins.b()), usize::from(ins.c()), usize::from(ins.d()));
    let modes = op.modes();
    match op {
        Op::ISTC | Op::ISFC => {}
        _ if modes.a == Mode::Dst => live.remove(a, a + 1),
        Op::KNIL => live.remove(a, d + 1),
        Op::CALL | Op::CALLM | Op::ITERC | Op::ITERN | Op::VARG => live.remove(a, 256),
        Op::FORI | Op::FORL | Op::IFORL => live.remove(a + 3, a + 4),
        Op::ITERL | Op::IITERL => live.remove(a - 1, a),
        _ => {}
    }
    if modes.a == Mode::Var {
        live.add(a, a + 1);
    }
    if modes.b == Mode::Var {
        live.add(b, b + 1);
    }
    if modes.c == Mode::Var {
        let at = if modes.b == Mode::None { d } else { c };
        live.add(at, at + 1);
    }
    match op {
        Op::CAT => live.add(b, c + 1),
        Op::TSETM => live.add(a - 1, a),
        Op::CALL | Op::CALLM | Op::CALLT | Op::CALLMT => {
            let last = if matches!(op, Op::CALL | Op::CALLM) { c } else { d };
            let several = usize::from(matches!(op, Op::CALLM | Op::CALLMT));
            live.add(a, a + 1);
            live.add(a + 2, a + last + 1 + several);
        }
        Op::ITERC | Op::ITERN | Op::ISNEXT => live.add(a - 3, a),
        Op::RETM => live.add(a, a + d),
        Op::RET | Op::RET1 => live.add(a, (a + d).saturating_sub(1)),
        Op::FORI | Op::FORL | Op::IFORL => live.add(a, a + 3),
        Op::ITERL | Op::IITERL => live.add(a, a + 1),
        Op::FNEW => {
            // SAFETY: an operand of verified bytecode of a live prototype; the child is live with it.
            unsafe {
                let child = (Value(*(*p).k.sub(1 + d)).0 & abi::tag::PTR_MASK) as *const ProtoObj;
                for i in 0..usize::from((*child).nup) {
                    let u = UpvalDesc(*(*child).uv.add(i));
                    // A function's own name is its slot's first value.
                    if u.is_local() && usize::from(u.index()) != a {
                        live.add(usize::from(u.index()), usize::from(u.index()) + 1);
                    }
                }
            }
        }
        _ => {}
    }
}

//! Open upvalues never outlive their variable.
//!
//! A closure reaches a variable of a running function through a pointer to its slot, until `UCLO` closes the upvalue. Were an upvalue
//! still open when a call is set up over its slot, or after the function has returned, assigning to it could overwrite a frame link or
//! the function of another frame. So this is a data flow analysis: which slots may have an open upvalue before each instruction?
//! `FNEW` adds the slots its child captures, `UCLO A` removes those from `A` on; calls, concatenations and returns require that none is
//! left in their way. The state is kept at the instructions where paths meet and only grows, which bounds the work by 250 visits each.

use super::{Function, Result};
use crate::op::Op;
use crate::proto::GcConst;

/// A set of slots.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Slots([u64; 4]);

impl Slots {
    fn insert(&mut self, slot: u8) {
        self.0[usize::from(slot >> 6)] |= 1 << (slot & 63);
    }

    fn union(self, other: Slots) -> Slots {
        Slots(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// Returns the slots below `limit`.
    fn below(self, limit: u8) -> Slots {
        let word = usize::from(limit >> 6);
        let partial = (1u64 << (limit & 63)) - 1;
        Slots(std::array::from_fn(|i| match i.cmp(&word) {
            std::cmp::Ordering::Less => self.0[i],
            std::cmp::Ordering::Equal => self.0[i] & partial,
            std::cmp::Ordering::Greater => 0,
        }))
    }
}

pub(super) fn check(f: &Function) -> Result {
    let captures: Vec<Slots> = f.proto.kgc.iter().map(captured_slots).collect();
    if captures.iter().all(|slots| *slots == Slots::default()) {
        return Ok(());
    }
    let mut joins = Joins::find(f)?;
    let mut work = vec![(1usize, Slots::default())];
    while let Some((mut pc, mut open)) = work.pop() {
        // Straight on, until the path ends or brings nothing new to a join.
        while let Some(all) = joins.enter(pc, open) {
            open = all;
            step(f, pc, &captures, &mut open)?;
            let mut next = None;
            f.each_successor(pc, |to| {
                if let Some(other) = next.replace(to) {
                    work.push((other, open));
                }
                Ok(())
            })?;
            match next {
                Some(to) => pc = to,
                None => break,
            }
        }
    }
    Ok(())
}

fn captured_slots(k: &GcConst) -> Slots {
    let mut slots = Slots::default();
    if let GcConst::Proto(child) = k {
        child.upvalues.iter().filter(|uv| uv.is_local()).for_each(|uv| slots.insert(uv.index()));
    }
    slots
}

/// Checks instruction `pc` and applies it to the slots with an open upvalue.
fn step(f: &Function, pc: usize, captures: &[Slots], open: &mut Slots) -> Result {
    let ins = f.ins(pc);
    let limit = match f.op(pc) {
        Op::FNEW => {
            *open = open.union(captures[usize::from(ins.d())]);
            return Ok(());
        }
        Op::UCLO => {
            *open = open.below(ins.a());
            return Ok(());
        }
        Op::CALL | Op::CALLM | Op::ITERC | Op::ITERN => ins.a(),
        Op::CAT => ins.b(),
        Op::CALLT | Op::CALLMT | Op::RETM | Op::RET | Op::RET0 | Op::RET1 => 0,
        _ => return Ok(()),
    };
    if open.below(limit) == *open { Ok(()) } else { f.bad(pc, "captured variable is not closed") }
}

/// The states at instructions where paths meet: those something jumps to.
struct Joins {
    /// For each instruction: 0, or the number of its state.
    index: Vec<u32>,
    states: Vec<Option<Slots>>,
}

impl Joins {
    fn find(f: &Function) -> Result<Joins> {
        let mut joins = Joins { index: vec![0; f.len()], states: vec![None] };
        for pc in 1..f.len() {
            f.each_successor(pc, |to| {
                if to != pc + 1 && joins.index[to] == 0 {
                    joins.index[to] = joins.states.len() as u32;
                    joins.states.push(None);
                }
                Ok(())
            })?;
        }
        Ok(joins)
    }

    /// Adds a path that enters `pc`; returns the union of all, or nothing if the path adds nothing.
    fn enter(&mut self, pc: usize, open: Slots) -> Option<Slots> {
        let index = self.index[pc] as usize;
        if index == 0 {
            return Some(open);
        }
        let all = self.states[index].map_or(open, |known| known.union(open));
        if self.states[index] == Some(all) {
            return None;
        }
        self.states[index] = Some(all);
        Some(all)
    }
}

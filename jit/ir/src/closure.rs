//! Closures in a trace: what they capture, and which upvalues are one.
//!
//! A FNEW names what it captures by the descriptors of its prototype: a slot of the frame it is made in, or an upvalue of its parent. A slot
//! has one upvalue while it is open; UCLO ends that. So two closures share a variable if both captured the slot and no UCLO
//! came between; the first of them is the variable's *owner*.

use crate::konst::Const;
use crate::op::Op;
use crate::trace::{Ref, Slot, Trace};

/// What a closure captures by one of its upvalues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capture {
    /// A slot of the trace.
    Local {
        /// The slot.
        slot: Slot,
        /// Never assigned again.
        immutable: bool,
    },
    /// An upvalue of the parent.
    Parent(u32),
}

impl Capture {
    /// Reads a descriptor of a closure that is made in the frame at `base`.
    fn new(d: i32, base: Slot) -> Capture {
        match d & Closure::LOCAL {
            0 => Capture::Parent((d & 255) as u32),
            _ => Capture::Local { slot: base.wrapping_add(d & 255), immutable: d & Closure::IMMUTABLE != 0 },
        }
    }
}

/// A FNEW.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closure {
    /// The function it is made in.
    pub parent: Ref,
    /// Slot 0 of the frame it is made in.
    pub base: Slot,
    /// What each upvalue is.
    pub captures: Vec<Capture>,
}

impl Closure {
    /// Bit of a descriptor: a slot of the frame, not an upvalue of the parent. As in bytecode.
    pub const LOCAL: i32 = 0x8000;
    /// Bit of a descriptor: the variable is never assigned again.
    pub const IMMUTABLE: i32 = 0x4000;

    /// Returns the slots it captures.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.captures.iter().filter_map(|c| match *c {
            Capture::Local { slot, .. } => Some(slot),
            Capture::Parent(_) => None,
        })
    }
}

/// A variable that closures share.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Variable {
    /// A slot that was captured on the trace, first by the FNEW `owner`.
    Local {
        /// Index of the FNEW.
        owner: usize,
        /// The slot.
        slot: Slot,
    },
    /// An upvalue of a function that the trace did not make.
    Of(Ref, u32),
}

impl Trace {
    /// Returns what a FNEW says; none for other values.
    pub fn closure(&self, f: Ref) -> Option<Closure> {
        let ins = self.ins.get(f.index()).filter(|i| f.is_ins() && i.op == Op::FNEW)?;
        let list = self.args(ins.b);
        let (&parent, &base) = list.first().zip(list.get(1))?;
        let base = self.int(base)?;
        let captures = list[2..].iter().map(|r| Some(Capture::new(self.int(*r)?, base))).collect::<Option<_>>()?;
        Some(Closure { parent, base, captures })
    }

    /// Returns what upvalue `i` of a FNEW captures, and the parent: as [`Trace::closure`] has them, without making a list.
    fn capture(&self, f: Ref, i: u32) -> Option<(Capture, Ref)> {
        let ins = self.ins.get(f.index()).filter(|i| f.is_ins() && i.op == Op::FNEW)?;
        // The parent and the base of its frame are first.
        let captures = self.args_backwards(ins.b).count().checked_sub(2)?;
        let behind = captures.checked_sub(i as usize + 1)?;
        let d = self.int(self.args_backwards(ins.b).nth(behind)?)?;
        let mut first = self.args_backwards(ins.b).skip(captures);
        let base = self.int(first.next()?)?;
        Some((Capture::new(d, base), first.next()?))
    }

    fn int(&self, r: Ref) -> Option<i32> {
        match self.as_const(r) {
            Some(Const::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// Returns the variable that upvalue `i` of a function is.
    pub fn variable(&self, f: Ref, i: u32) -> Variable {
        match self.captured(f, i) {
            Variable::Local { owner, slot } => Variable::Local { owner: self.owner(owner, slot), slot },
            other => other,
        }
    }

    /// Says whether upvalue `i` of a function is a variable. This is `variable(f, i) == v`, mostly without looking for the owner.
    pub fn is_variable(&self, f: Ref, i: u32, v: Variable) -> bool {
        match (self.captured(f, i), v) {
            (Variable::Local { owner: last, slot }, Variable::Local { owner, slot: of }) => {
                // An owner is its own owner, and no owner comes behind.
                slot == of && (last == owner || last > owner && self.owner(last, slot) == owner)
            }
            (found, _) => found == v,
        }
    }

    /// Returns what upvalue `i` of a function is; of a slot the FNEW that captured it for this function, in place of the owner.
    fn captured(&self, f: Ref, i: u32) -> Variable {
        let (mut f, mut i) = (f, i);
        loop {
            match self.capture(f, i) {
                Some((Capture::Parent(k), parent)) => (f, i) = (parent, k),
                Some((Capture::Local { slot, .. }, _)) => return Variable::Local { owner: f.index(), slot },
                None => return Variable::Of(f, i),
            }
        }
    }

    /// Returns the first FNEW that captured the variable which the one at `last` captured in a slot.
    fn owner(&self, last: usize, slot: Slot) -> usize {
        let mut owner = last;
        for j in (1..last).rev() {
            let ins = self.ins[j];
            match ins.op {
                Op::UCLO if ins.a.as_lit() <= slot => break,
                Op::RETF => break,
                Op::FNEW if self.captures(ins.b, slot) => owner = j,
                _ => {}
            }
        }
        owner
    }

    /// Says whether a slot is among those that the FNEW with these arguments captures: as [`Closure::slots`] has it, without making a list.
    fn captures(&self, list: Ref, slot: Slot) -> bool {
        // The function and the base of its frame are first.
        let Some(n) = self.args_backwards(list).count().checked_sub(2) else { return false };
        let Some(base) = self.args_backwards(list).nth(n).and_then(|r| self.int(r)) else { return false };
        let local = |d: i32| d & Closure::LOCAL != 0 && base.wrapping_add(d & 255) == slot;
        self.args_backwards(list).take(n).filter_map(|r| self.int(r)).any(local)
    }

    /// Returns the UCLO before `end` that closed a slot captured at `from`, if there is one.
    pub fn closed_at(&self, slot: Slot, from: usize, end: usize) -> Option<usize> {
        let closes = |i: &usize| self.ins[*i].op == Op::UCLO && self.ins[*i].a.as_lit() <= slot;
        (from + 1..end.min(self.ins.len())).find(closes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::samples;

    /// What is looked for without a list is what the list has.
    #[test]
    fn captured_slots_are_those_of_the_closure() {
        let mut captured = 0;
        for (seed, t) in samples() {
            for (i, ins) in t.ins.iter().enumerate().filter(|(_, ins)| ins.op == Op::FNEW) {
                let slots: Vec<Slot> = t.closure(Ref::ins(i)).expect("well-formed").slots().collect();
                for slot in -4..40 {
                    assert_eq!(t.captures(ins.b, slot), slots.contains(&slot), "seed {seed}, {i}, slot {slot}\n{t}");
                }
                captured += slots.len();
            }
        }
        assert!(captured > 30, "{captured}");
    }
}

//! Loop peeling: what does not change leaves the loop.
//!
//! A recorded loop is one round, from the head of the loop to its head. Behind it comes LOOP, and the round once more: every instruction is emitted
//! again with the values of the round before as its operands. So the whole emission, which only looks back, now looks back at a complete
//! round: an invariant is found there and vanishes, guards included, a load finds what the round before stored. What remains is the loop; the first
//! copy runs once before it.
//!
//! A slot that the round loads has at its end the value that the last snapshot says (the *final map*); slots the map does not have are in memory. The second
//! copy reads the final map instead of slots, and its exits restore it where they do not know better.
//!
//! An instruction before LOOP that the loop uses stands for the value of the round before. If its copy is another instruction it gets a
//! PHI of both ([`phi`]).
//!
//! What would leave the loop if only a guard held that the round does not have, gets that guard between the copies and the loop is peeled again:
//! two tables differ; an index stays in bounds up to the loop's limit ([`hoist`]).
//!
//! Invariant: the last snapshot is the state at the head of the loop, with everything before it done. An exit there begins a new round.
//! Invariant: on an abort the builder is as it was.

mod hoist;
mod phi;

use crate::Builder;
use crate::mem::alias::{Effect, effect};
use crate::mem::{as_type, last};
use abi::abort::Abort;
use ir::{Const, Field, Ins, Kind, Link, Mode, Op, Ref, Slot, Snap, Ty, flag};
use std::collections::HashSet;

/// A peeled loop.
struct Peeled {
    /// Index of LOOP.
    at: usize,
    /// What each instruction of the first round is in the second.
    subst: Vec<Ref>,
    /// The final map: slots at the end of the first round.
    last: Snap,
}

/// Peels the loop of a trace whose link says that it is one; changes nothing else. TypeUnstable and GuardFails say that another round
/// should be recorded.
pub fn peel(b: &mut Builder) -> Result<(), Abort> {
    if b.trace().link != Link::Loop || b.trace().loop_at().is_some() {
        return Ok(());
    }
    let recorded = b.attempt()?;
    match best(b, &recorded) {
        Ok(()) => {
            b.state_mut().wishes.clear();
            Ok(())
        }
        Err(abort) => {
            *b = recorded;
            Err(abort)
        }
    }
}

/// Runs the pass. What cannot be peeled for other reasons than its types stays a loop by way of its entry.
pub(crate) fn run(b: &mut Builder) -> Result<(), Abort> {
    match peel(b) {
        Err(abort @ (Abort::TypeUnstable | Abort::GuardFails | Abort::NoMemory)) => Err(abort),
        _ => Ok(()),
    }
}

/// How often a loop is peeled anew with other guards before it.
const TRIES: usize = 4;

/// Peels without and, if that promises more, with additional guards before the loop.
fn best(b: &mut Builder, recorded: &Builder) -> Result<(), Abort> {
    let body = b.trace().ins.len();
    let mut peeled = unroll(b, body)?;
    if grows_once(b, peeled.at) {
        return Err(Abort::GuardFails);
    }
    phi::connect(b, &peeled)?;
    let mut before = recorded.attempt()?;
    let mut pairs = hoist::pairs(recorded, b, &peeled);
    for _ in 0..TRIES {
        if pairs.is_empty() {
            break;
        }
        let mut guarded = recorded.attempt()?;
        if hoist::tell_apart(&mut guarded, &pairs).is_err() {
            break;
        }
        let mut next = guarded.attempt()?;
        let Ok(again) = unroll(&mut next, body) else { break };
        // What was said of tables that are others in each round holds for the first alone.
        let count = pairs.len();
        pairs.retain(|&(x, y)| hoist::fixed(&again, x) && hoist::fixed(&again, y));
        if pairs.len() < count {
            continue;
        }
        if phi::connect(&mut next, &again).is_err() || work(&next, again.at) >= work(b, peeled.at) {
            break;
        }
        let more = hoist::pairs(recorded, &next, &again);
        (*b, peeled, before) = (next, again, guarded);
        // One guard may make room for the next.
        pairs.extend(more);
        if pairs.len() == count {
            break;
        }
    }
    // Limits known to be out of bounds are an error: nothing to bet on.
    if b.passes().abc && hoist::check_limits(&mut before, b, &peeled) == Ok(true) {
        let mut next = before;
        if let Ok(again) = unroll(&mut next, body)
            && phi::connect(&mut next, &again).is_ok()
            && work(&next, again.at) < work(b, peeled.at)
        {
            *b = next;
        }
    }
    Ok(())
}

/// Says whether each round inserts a key into a table that is the same in all and, as a guard says, has no hash part before. The first
/// insertion makes one, or it makes the array part grow past the next keys: the guards of the next round fail.
fn grows_once(b: &Builder, at: usize) -> bool {
    let t = b.trace();
    let grown = |table: Ref| t.ins[at..].iter().any(|n| n.op == Op::NEWREF && n.a == table);
    t.ins[at..].iter().any(|g| {
        g.op == Op::EQ && g.is_guard() && g.a.is_ins() && t.as_const(g.b) == Some(&Const::Int(0)) && {
            let load = t.ins[g.a.index()];
            load.op == Op::FLOAD
                && load.b.as_lit() == Field::TabHmask as i32
                && load.a.is_ins()
                && load.a.index() < at
                && grown(load.a)
        }
    })
}

/// Counts what a round checks, reads and writes.
fn work(b: &Builder, at: usize) -> usize {
    let costs = |i: &&Ins| i.is_guard() || !matches!(i.op.kind(), Kind::Norm | Kind::Comm | Kind::Mark);
    b.trace().ins[at..].iter().filter(costs).count()
}

/// Checks that the last snapshot is the state at the head.
fn final_map(b: &Builder) -> Result<Snap, Abort> {
    let t = b.trace();
    let last = t.snaps.last().ok_or(Abort::Inconsistent)?;
    let rest = t.ins.get(last.at as usize..).ok_or(Abort::Inconsistent)?;
    let done = rest.iter().all(|i| i.op.kind() != Kind::Store);
    let rebased = t.ins.iter().any(|i| i.op == Op::RETF);
    if last.pc != Some(t.pc) || last.base != 0 || !done || rebased {
        Err(Abort::Inconsistent)
    } else {
        Ok(last.clone())
    }
}

/// Emits the second round. Guards from `body` on are only for the way into the loop.
fn unroll(b: &mut Builder, body: usize) -> Result<Peeled, Abort> {
    let last = final_map(b)?;
    let (end, snaps) = (b.trace().ins.len(), b.trace().snaps.len());
    let calls = b.trace().ins.iter().any(|i| i.op == Op::CALLB);
    b.make_room(0, snaps + 1)?;
    let mut copy = Copy { last, fallback: Vec::new(), written: HashSet::new(), subst: vec![Ref::NONE; end], snaps };
    copy.fallback.clone_from(&copy.last.entries);
    copy.subst[0] = Ref::BASE;
    let at = b.append(Ins::new(Op::LOOP, Ty::Void, Ref::NONE, Ref::NONE))?.index();
    if (copy.last.at as usize) < at {
        // Guards stand between the last snapshot and LOOP: those behind it leave with this round's values, by an exit of their own.
        b.trace_mut().snaps.push(Snap { at: at as u32 + 1, ..copy.last.clone() });
    }
    // The first snapshot is the entry's: instructions of its reach leave the loop through the last one.
    let first = &b.trace().snaps[0];
    let mut next = usize::from(first.entries.is_empty() && first.pc == Some(b.trace().pc));
    for i in 1..end {
        while next < snaps && b.trace().snaps[next].at as usize <= i {
            copy.snapshot(b, next);
            next += 1;
        }
        if i < body || b.trace().ins[i].op.kind() != Kind::Cmp {
            copy.instruction(b, i, calls)?;
        }
    }
    copy.drop_snapshot(b);
    Ok(Peeled { at, subst: copy.subst, last: copy.last })
}

/// State of the copying.
struct Copy {
    last: Snap,
    /// What the final map still says of this round.
    fallback: Vec<(Slot, Ref)>,
    /// Slots that this round has written to memory.
    written: HashSet<Slot>,
    subst: Vec<Ref>,
    /// Number of snapshots of the first round.
    snaps: usize,
}

impl Copy {
    fn value(&self, r: Ref) -> Ref {
        if r.is_ins() { self.subst[r.index()] } else { r }
    }

    /// Copies a snapshot.
    fn snapshot(&mut self, b: &mut Builder, n: usize) {
        let old = b.trace().snaps[n].clone();
        let mut entries: Vec<_> = old.entries.iter().map(|&(s, r)| (s, self.value(r))).collect();
        let have: HashSet<Slot> = entries.iter().map(|e| e.0).collect();
        let dead = b.state().dead.get(&n).map_or(&[][..], Vec::as_slice);
        let wanted = |s: Slot| s < old.top && !have.contains(&s) && !dead.contains(&s);
        entries.extend(self.fallback.iter().filter(|(s, _)| wanted(*s)));
        entries.sort_by_key(|e| e.0);
        self.drop_snapshot(b);
        let at = b.trace().ins.len() as u32;
        b.trace_mut().snaps.push(Snap { at, entries, ..old });
    }

    /// Removes the latest snapshot of this round if no instruction leaves through it.
    fn drop_snapshot(&self, b: &mut Builder) {
        let t = b.trace();
        let Some(last) = t.snaps.get(self.snaps..).and_then(<[Snap]>::last) else { return };
        let at = last.at as usize;
        // A call leaves through the snapshot behind it.
        if !t.ins[at..].iter().any(|i| i.is_guard()) && t.ins[at - 1].op != Op::CALLB {
            b.trace_mut().snaps.pop();
        }
    }

    /// Copies an instruction.
    fn instruction(&mut self, b: &mut Builder, i: usize, calls: bool) -> Result<(), Abort> {
        let old = b.trace().ins[i];
        let kind = old.op.kind();
        match old.op {
            Op::NOP | Op::BASE | Op::LOOP | Op::PHI => return Ok(()),
            Op::SLOAD => {
                let slot = old.a.as_lit();
                let entry = self.last.entries.iter().find(|e| e.0 == slot && !self.written.contains(&slot));
                if let Some(&(_, v)) = entry {
                    self.subst[i] = carry(b, i, v, old.ty)?;
                    return Ok(());
                }
            }
            Op::SSTORE => self.write(|s| s == old.a.as_lit()),
            Op::CALLB => self.flush(b, Slot::MIN)?,
            Op::CALLS if effect(b.seen(), i) == Effect::All => self.flush(b, Slot::MIN)?,
            // Otherwise its values come with it.
            Op::UCLO if old.b.as_lit() == 0 => self.flush(b, old.a.as_lit())?,
            _ => {}
        }
        let (ma, mb) = old.op.modes();
        let operand = |m, r| if matches!(m, Mode::Lit | Mode::None) { r } else { self.value(r) };
        let mut new = Ins { flags: old.flags & flag::GUARD, a: operand(ma, old.a), b: operand(mb, old.b), ..old };
        let pure = matches!(kind, Kind::Norm | Kind::Comm);
        let stays = !calls || !(old.ty.is_gc() || old.ty == Ty::Ptr || old.op == Op::CARG);
        if pure && stays && (new.a, new.b) == (old.a, old.b) {
            self.subst[i] = Ref::ins(i);
            return Ok(());
        }
        if old.op == Op::CARG {
            new.flags = 0;
        }
        let valued = old.op == Op::CARG
            || old.ty != Ty::Void && !matches!(kind, Kind::Cmp | Kind::Mark) && !is_plain_store(old.op);
        let mut v = match kind {
            Kind::Mark => b.append(new)?,
            _ => b.emit(new)?,
        };
        // An address that the round before computed is no gain: computed anew it is part of the access, carried it is a register.
        if matches!(old.op, Op::AREF | Op::HREFI | Op::STRREF)
            && v.is_ins()
            && v.index() < self.subst.len()
            && v != Ref::ins(i)
        {
            v = b.append(new)?;
        }
        if valued {
            self.subst[i] = carry(b, i, v, old.ty)?;
        }
        Ok(())
    }

    /// Writes slots from `from` on to memory: the instruction reads them there. What the recorded round found in memory the next may not.
    fn flush(&mut self, b: &mut Builder, from: Slot) -> Result<(), Abort> {
        for (slot, r) in self.fallback.clone() {
            if slot >= from {
                b.emit(Ins::new(Op::SSTORE, b.ty(r), Ref::lit(slot), r))?;
            }
        }
        self.write(|s| s >= from);
        Ok(())
    }

    /// Notes that slots were written to memory: the final map has no say in them any more.
    fn write(&mut self, hit: impl Fn(Slot) -> bool) {
        self.written.extend(self.last.entries.iter().map(|e| e.0).filter(|&s| hit(s)));
        self.fallback.retain(|e| !hit(e.0));
    }
}

/// Says whether an operation stores and has no value.
fn is_plain_store(op: Op) -> bool {
    op.kind() == Kind::Store && !matches!(op, Op::NEWREF | Op::CALLS)
}

/// Makes `v` what stands for instruction `i` in the loop. A value of the first round is carried around: no rule may look behind it.
fn carry(b: &mut Builder, i: usize, v: Ref, ty: Ty) -> Result<Ref, Abort> {
    let at = last(b.seen(), Op::LOOP);
    if v.is_ins() && v.index() < at && v.index() != i && !b.ty(v).is_pri() {
        b.trace_mut().ins[v.index()].flags |= flag::PHI;
    }
    if b.ty(v) == ty || ty == Ty::Tab && b.ty(v) == Ty::Ptr {
        return Ok(v);
    }
    as_type(b, v, ty).map_err(|abort| if abort == Abort::GuardFails { Abort::TypeUnstable } else { abort })
}

//! Guards whose failure leads to a side trace that asks the same again.
//!
//! ```text
//! parent: A? ─no─┐                       parent: A? ─no─────────────────► exit of the last side trace
//!         B? ─no─┴► side: A? ─no► exit           B? ─no─► side: C? …      (A holds here)
//!                         C? …
//! ```
//!
//! A side trace begins with the instruction that its parent left, whichever of its guards failed, and so with the same questions up to the one whose
//! answer differs. A guard that the side trace has, too, fails there again: nothing was written between. So it goes straight to where that leads, and
//! what is left of ways to the side trace comes from behind those guards: LLVM knows their answers, and what was loaded for them.
//!
//! Side traces of exits of side traces are followed, as far as all ask the same again. The exit is the last one's: who counts exits, or lets a
//! trace begin there, sees no difference.
//!
//! Invariant: what the exit stores are values of the parent from before the guard.

use super::exits::{Known, State};
use super::{Branching, Lowerer, Refusal};
use ir::tree::Tree;
use ir::{Const, Ins, Kind, Mode, Op, Ref, Trace, Ty, sload, sunk};
use std::collections::HashMap;

/// Side traces that are followed one after the other.
const DEPTH: usize = 64;

/// An operand, in the names of the parent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Operand<'t> {
    Nothing,
    Literal(u32),
    Ins(usize),
    Const(&'t Const),
}

type Key<'t> = (Op, Ty, Operand<'t>, Operand<'t>);

/// An exit of a branch, and what its slots hold.
struct Exit<'t> {
    branch: usize,
    snap: usize,
    slots: Vec<(i32, Option<Operand<'t>>)>,
}

/// Says whether what was loaded before an instruction may be something else behind it, or slots count from elsewhere.
fn ends(ins: Ins) -> bool {
    match ins.op.kind() {
        _ if ins.is_sunk() => false,
        Kind::Mark => !matches!(ins.op, Op::NOP | Op::USE),
        Kind::Store | Kind::Alloc => true,
        Kind::Cmp | Kind::Norm | Kind::Comm | Kind::Refer | Kind::Load => ins.op == Op::RETF,
    }
}

/// Returns the key of an instruction whose operands that are instructions `named` names.
fn key<'t>(t: &'t Trace, ins: Ins, named: impl Fn(usize) -> Option<Operand<'t>>) -> Option<Key<'t>> {
    let (a, b) = ins.op.modes();
    let operand = |mode, r: Ref| match mode {
        Mode::None => Some(Operand::Nothing),
        Mode::Lit => Some(Operand::Literal(r.0)),
        Mode::Opt if r == Ref::NONE => Some(Operand::Nothing),
        Mode::Ref | Mode::Cst | Mode::Opt => reference(t, r, &named),
    };
    Some((ins.op, ins.ty, operand(a, ins.a)?, operand(b, ins.b)?))
}

fn reference<'t>(t: &'t Trace, r: Ref, named: impl Fn(usize) -> Option<Operand<'t>>) -> Option<Operand<'t>> {
    match t.as_const(r) {
        Some(c) => Some(Operand::Const(c)),
        None => named(r.index()),
    }
}

impl Lowerer<'_> {
    /// Returns the label of the exit where a guard that fails leads in the end, and how often programs left there, if side traces ask again what it
    /// asks. `s` is its snapshot.
    pub(super) fn asked_again(
        &mut self,
        b: &mut Branching,
        at: usize,
        s: usize,
    ) -> Result<Option<(String, u64)>, Refusal> {
        let tree = self.tree;
        let Some(exit) = tree.side(b.branch, s as u32).and_then(|_| far_exit(tree, b.branch, at, s)) else {
            return Ok(None);
        };
        let place = (exit.branch, exit.snap);
        let taken = tree.branches[exit.branch].exits[exit.snap];
        if let Some(label) = b.blocks.get(&place) {
            return Ok(Some((label.clone(), taken)));
        }
        let mut state = State { under: self.holds(b).then_some(self.open), ..State::default() };
        for (slot, operand) in exit.slots {
            let known = match operand {
                Some(Operand::Const(c)) => Known::Const(c.clone()),
                Some(Operand::Ins(i)) => match tree.branches[b.branch].trace.ins[i].ty {
                    ty if ty.is_pri() => Known::Const(Const::Pri(ty)),
                    _ => Known::Val(self.val(b, Ref::ins(i))?),
                },
                _ => return Ok(None),
            };
            state.slots.insert(slot, known);
        }
        let label = self.f.label();
        b.blocks.insert(place, label.clone());
        self.leave(&label, place, &b.base.clone(), &state);
        Ok(Some((label, taken)))
    }
}

/// Follows side traces from snapshot `s` of a branch as long as they ask what guard `at` asks. Returns the exit of the last.
fn far_exit(tree: &Tree, branch: usize, at: usize, s: usize) -> Option<Exit<'_>> {
    let parent = &tree.branches[branch].trace;
    let from = 1 + (0..at).rev().find(|i| ends(parent.ins[*i])).unwrap_or(0);
    let own = |i: usize| Some(Operand::Ins(i));
    let known: HashMap<Key<'_>, usize> = (from..=at)
        .rev()
        .filter(|i| !parent.ins[*i].is_sunk())
        .filter_map(|i| Some((key(parent, parent.ins[i], own)?, i)))
        .collect();
    let slots = parent.snaps[s].entries.iter();
    let slots = slots.map(|(slot, r)| (*slot, reference(parent, *r, own))).collect();
    let mut exit = Exit { branch, snap: s, slots };
    for _ in 0..DEPTH {
        let Some(side) = tree.side(exit.branch, exit.snap as u32) else { break };
        exit = same_in(tree, side, &exit, parent, &known, at)?;
    }
    let here = |(_, o): &(i32, Option<Operand<'_>>)| match o {
        Some(Operand::Const(_)) => true,
        Some(Operand::Ins(i)) => *i < at && !sunk::is_sunk(parent, Ref::ins(*i)),
        _ => false,
    };
    let last = tree.side(exit.branch, exit.snap as u32).is_none();
    (last && exit.branch != branch && exit.slots.iter().all(here)).then_some(exit)
}

/// Finds guard `at` of the parent at the beginning of a side trace, which begins at `exit`; returns its exit there.
fn same_in<'t>(
    tree: &'t Tree,
    side: usize,
    exit: &Exit<'t>,
    parent: &Trace,
    known: &HashMap<Key<'t>, usize>,
    at: usize,
) -> Option<Exit<'t>> {
    let t = &tree.branches[side].trace;
    let mut names: Vec<Option<Operand<'t>>> = vec![None];
    let found = loop {
        let i = names.len();
        let ins = *t.ins.get(i).filter(|ins| !ends(**ins))?;
        let inherits = ins.op == Op::SLOAD && ins.b.as_lit() & sload::PARENT != 0;
        let entry = exit.slots.iter().find(|(slot, _)| ins.op == Op::SLOAD && *slot == ins.a.as_lit());
        let name = match entry {
            _ if ins.is_sunk() => None,
            Some((_, o)) if inherits => *o,
            Some(_) => None,
            None if inherits => None,
            None => key(t, ins, |r| names[r]).and_then(|k| known.get(&k)).map(|i| Operand::Ins(*i)),
        };
        if ins.is_guard() && !inherits && name == Some(Operand::Ins(at)) {
            break i;
        }
        names.push(name);
    };
    let snap = t.snap_at(found)?;
    // What comes before that must have been asked, too, or it could lead elsewhere.
    let before = 1..t.snaps[snap].at as usize;
    let asked = |i: usize| matches!(names[i], Some(Operand::Ins(of)) if of < at && parent.ins[of].is_guard());
    if before.into_iter().any(|i| t.ins[i].is_guard() && !asked(i)) {
        return None;
    }
    let slots = t.snaps[snap].entries.iter();
    let slots = slots.map(|(slot, r)| (*slot, reference(t, *r, |r| names.get(r).copied().flatten()))).collect();
    Some(Exit { branch: side, snap, slots })
}

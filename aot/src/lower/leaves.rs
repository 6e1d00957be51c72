//! Blocks that leave the function, written when all of it is lowered: exits share what they store.
//!
//! ```text
//! exit 1: store d    ─┐
//! exit 2: store e    ─┴► store b, c ─┐
//! exit 3: store b, f ────────────────┴► store a ──► go on in the runtime, or in a side trace that was compiled later
//! ```
//!
//! An exit stores what the one before it stores, but for a few slots. So what several store is in blocks of their own. A new exit joins
//! the one of the last [`LOOK`] before it with which it shares most: from the end on, all blocks that store nothing else, and half of the
//! next, which is cut in two. Exits are a third to two thirds of what LLVM would have to read otherwise. The few that programs leave through
//! again and again ([`OFTEN`]) share nothing: they have a jump of their own, which processors foresee better. Nor do those that lead to side
//! traces in functions of their own ([`super::aside`]).
//!
//! Invariant: a value of a shared block is defined where all of its exits are reached, so it dominates the block: each of them had it.
//! Invariant: each exit stores all its slots; the order of stores means nothing.

use super::exits::{Known, State};
use super::{Lowerer, Val, block};
use abi::vmfield;
use ir::tree::Item;
use std::collections::HashMap;

/// Earlier exits that a new one may join.
const LOOK: usize = 4;

/// An exit shares nothing if it stands for one of so many times that its tree was left.
const OFTEN: u64 = 64;

/// An exit that is not written yet.
pub(crate) struct Leave {
    /// Label of its block.
    pub label: String,
    /// The part it is in.
    part: usize,
    /// Text of its base.
    base: String,
    /// What its slots hold, in order.
    slots: Vec<Slot>,
    /// What the runtime makes objects of.
    spilled: Vec<Val>,
    to: To,
    /// Number of the place it comes from.
    place: Option<usize>,
    /// It shares nothing.
    alone: bool,
}

/// Where an exit leads.
enum To {
    /// To the interpreter, or a side trace that was compiled later: what the word says that is so many bytes from the begin of the table.
    Word(usize),
    /// To a side trace in a function of its own.
    Aside(String),
}

/// A slot and what it holds.
type Slot = (i32, Known);

/// A block of the tree that exits are: stores, then another block, or the end.
#[derive(Default)]
struct Node {
    slots: Vec<Slot>,
    /// None for the end.
    next: Option<usize>,
    place: Option<usize>,
}

impl Lowerer<'_> {
    /// Leaves to the interpreter in a block of its own: stores the slots, notes the exit, ends in the runtime. Objects are made by the runtime.
    pub fn leave(&mut self, label: &str, from: (usize, usize), base: &str, state: &State) {
        self.table().spills = self.table().spills.max(state.spilled.len());
        let number = self.exit_number((from.0 as u32, from.1 as u32));
        let word = self.table().item(Item::Exit(number as u32)) * 8;
        let alone = self.is_left_often(from);
        self.leave_to(label, To::Word(word), alone, base, state);
    }

    /// Goes to a side trace in a function of its own: stores all that the trace finds in memory.
    pub(super) fn leave_aside(&mut self, label: &str, side: usize, base: &str, state: &State) {
        let symbol = super::aside::symbol(self.name, side);
        self.leave_to(label, To::Aside(symbol), true, base, state);
    }

    fn leave_to(&mut self, label: &str, to: To, alone: bool, base: &str, state: &State) {
        let held = self.under(state).into_iter().map(|h| (h.slot, Known::Val(h.known())));
        let own = state.slots.iter().filter(|s| *s.1 != Known::Object).map(|(slot, known)| (*slot, known.clone()));
        let stored = |known| if let Known::Val(v) = known { Known::Val(Val::stored(v)) } else { known };
        let mut slots: Vec<Slot> = own.chain(held).map(|(slot, known)| (slot, stored(known))).collect();
        slots.sort_by_key(|s| s.0);
        let (part, place) = (self.open, self.f.place);
        let (label, base, spilled) = (label.to_string(), base.to_string(), state.spilled.clone());
        self.leaves.push(Leave { label, part, base, slots, spilled, to, place, alone });
    }

    fn is_left_often(&self, (branch, snap): (usize, usize)) -> bool {
        let taken = self.tree.branches[branch].exits[snap];
        let all = self.tree.branches.iter().flat_map(|b| &b.exits).fold(0u64, |n, e| n.saturating_add(*e));
        taken > 0 && taken.saturating_mul(OFTEN) >= all
    }

    /// Numbers an exit. Copies have the numbers of what they copy.
    fn exit_number(&mut self, from: (u32, u32)) -> usize {
        let first = self.parts[self.open].first;
        let exits = &mut self.table().exits;
        let known = exits.iter().position(|e| *e == from).filter(|_| !first);
        known.unwrap_or_else(|| {
            exits.push(from);
            exits.len() - 1
        })
    }

    /// Writes all blocks that leave.
    pub(super) fn write_leaves(&mut self) {
        let mut groups: Vec<Vec<Leave>> = Vec::new();
        let mut numbers: HashMap<(usize, String), usize> = HashMap::new();
        for l in std::mem::take(&mut self.leaves) {
            let n = *numbers.entry((l.part, l.base.clone())).or_insert(groups.len());
            if n == groups.len() {
                groups.push(Vec::new());
            }
            groups[n].push(l);
        }
        for group in groups {
            self.enter(group[0].part);
            self.write_group(&group);
        }
    }

    /// Writes exits that leave with the same base.
    fn write_group(&mut self, leaves: &[Leave]) {
        let base = &leaves[0].base;
        let nodes = join(leaves);
        let labels: Vec<String> = nodes.iter().map(|_| self.f.label()).collect();
        for (i, node) in nodes.iter().enumerate() {
            self.f.place = node.place;
            match leaves.get(i) {
                Some(leaf) => {
                    self.f.begin(&leaf.label);
                    self.store_spilled(&leaf.spilled);
                    if let To::Word(word) = leaf.to {
                        self.note(word);
                    }
                }
                // All share nothing.
                None if nodes.iter().all(|n| n.next != Some(i)) => continue,
                None => self.f.begin(&labels[i]),
            }
            for (slot, known) in &node.slots {
                self.store_slot(base, *slot, known);
            }
            match (node.next, leaves.get(i).map(|l| &l.to)) {
                (Some(next), _) => self.f.line(format_args!("br label %{}", labels[next])),
                (None, Some(To::Aside(symbol))) => self.jump_to(&format!("@{symbol}"), base),
                (None, _) => {
                    let way = self.vm_load("ptr", vmfield::LEFT);
                    let next = self.f.let_(format_args!("load ptr, ptr {way}, !tbaa !{}", block::VM));
                    self.jump_to(&next, base);
                }
            }
        }
    }

    /// Notes the exit whose word is so many bytes from the begin of the table. (Shared blocks do not get it as a value: that would be set before the guard.)
    fn note(&mut self, word: usize) {
        let at = format!("getelementptr (i8, ptr @{}.k, i64 {word})", self.name);
        let way = self.f.let_(format_args!("load ptr, ptr {at}, align 8, !invariant.load !0"));
        self.vm_store("ptr", &way, vmfield::LEFT);
    }

    /// Stores what objects are made of.
    fn store_spilled(&mut self, spilled: &[Val]) {
        let name = self.name;
        for (i, v) in spilled.iter().enumerate() {
            let at = self.f.let_(format_args!("getelementptr %{name}.k, ptr @{name}.k, i64 0, i32 1, i64 {i}"));
            self.f.line(format_args!(
                "store {} {}, ptr {at}, align 8, !tbaa !{}",
                block::llvm(v.ty),
                v.text,
                block::VM
            ));
        }
    }
}

/// Makes blocks of exits. The first are those of the exits themselves, then comes the end of all.
fn join(leaves: &[Leave]) -> Vec<Node> {
    let end = leaves.len();
    let node = |slots: &[Slot], next, place| Node { slots: slots.to_vec(), next, place };
    let mut nodes: Vec<Node> = leaves.iter().map(|l| node(&l.slots, Some(end).filter(|_| !l.alone), l.place)).collect();
    nodes.push(node(&[], None, leaves[0].place));
    let mut before: Vec<usize> = Vec::new();
    for i in (0..end).filter(|i| !leaves[*i].alone) {
        let mut rest = std::mem::take(&mut nodes[i].slots);
        let best = before.iter().rev().take(LOOK).rev().copied().max_by_key(|k| shared(&nodes, *k, &rest));
        before.push(i);
        for at in best.map(|k| chain(&nodes, k)).into_iter().flatten().rev() {
            let all = std::mem::take(&mut nodes[at].slots);
            let (common, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|s| has(&rest, s));
            rest.retain(|s| !has(&common, s));
            if own.is_empty() && at >= end {
                nodes[at].slots = common;
                nodes[i].next = Some(at);
                continue;
            }
            if !common.is_empty() {
                nodes.push(node(&common, nodes[at].next, nodes[at].place));
                nodes[at].next = Some(nodes.len() - 1);
                nodes[i].next = Some(nodes.len() - 1);
            }
            nodes[at].slots = own;
            break;
        }
        nodes[i].slots = rest;
    }
    nodes
}

fn has(slots: &[Slot], slot: &Slot) -> bool {
    slots.binary_search_by_key(&slot.0, |s| s.0).is_ok_and(|i| slots[i] == *slot)
}

/// Lists the blocks from an exit to the end.
fn chain(nodes: &[Node], exit: usize) -> Vec<usize> {
    std::iter::successors(Some(exit), |at| nodes[*at].next).collect()
}

/// Counts the slots that an exit would share with an earlier one.
fn shared(nodes: &[Node], earlier: usize, slots: &[Slot]) -> usize {
    let mut n = 0;
    for at in chain(nodes, earlier).into_iter().rev() {
        let common = nodes[at].slots.iter().filter(|s| has(slots, s)).count();
        n += common;
        if common < nodes[at].slots.len() {
            break;
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use ir::Source;
    use ir::{Const, Ty};
    use std::collections::BTreeMap;

    fn leave(slots: BTreeMap<i32, u8>) -> Leave {
        let known = |n| Known::Const(Const::Int(n));
        let slots = slots.into_iter().map(|(slot, n)| (slot, known(n.into()))).collect();
        let spilled = vec![Val::new("1.0", Ty::Num)];
        Leave {
            label: String::new(),
            part: 0,
            base: String::new(),
            slots,
            spilled,
            to: To::Word(0),
            place: None,
            alone: false,
        }
    }

    /// What an exit stores on its way.
    fn stored(nodes: &[Node], exit: usize) -> Vec<Slot> {
        let mut all: Vec<Slot> = chain(nodes, exit).into_iter().flat_map(|i| nodes[i].slots.clone()).collect();
        all.sort_by_key(|s| s.0);
        all
    }

    #[test]
    fn exits_store_their_slots_once_whatever_they_share() {
        let mut src = Source::seeded(5);
        for _ in ir::rounds(300) {
            let mut leaves: Vec<Leave> = Vec::new();
            for _ in 0..1 + src.below(12) {
                let slots = (0..src.below(9)).map(|_| (src.below(8) as i32, src.below(3) as u8)).collect();
                leaves.push(Leave { alone: src.chance(20), ..leave(slots) });
            }
            let nodes = join(&leaves);
            for (i, l) in leaves.iter().enumerate() {
                assert_eq!(stored(&nodes, i), l.slots);
                assert_eq!(chain(&nodes, i).last().copied(), Some(if l.alone { i } else { leaves.len() }));
            }
        }
    }

    #[test]
    fn what_exits_have_in_common_is_stored_by_one_block() {
        let exit = |slots: &[(i32, u8)]| leave(slots.iter().copied().collect());
        let leaves = [exit(&[(1, 1), (2, 2), (3, 3)]), exit(&[(1, 1), (2, 2), (4, 4)]), exit(&[(1, 1), (2, 9)])];
        let nodes = join(&leaves);
        let count: Vec<usize> = nodes.iter().map(|n| n.slots.len()).collect();
        assert_eq!(count, [1, 1, 1, 0, 1, 1], "own: 3; 4; 2. shared by two: 2, by three: 1");
        assert_eq!(chain(&nodes, 0), [0, 4, 5, 3]);
        assert_eq!(chain(&nodes, 1), [1, 4, 5, 3]);
        assert_eq!(chain(&nodes, 2), [2, 5, 3]);
    }
}

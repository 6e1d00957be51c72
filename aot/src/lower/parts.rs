//! What a function is made of: copies of trees that go to each other.
//!
//! ```text
//! function of A:  entry ─► A, first round ─► A, other rounds ⟲        (a tree alone, if it is small)
//!                            ▲── another function ──┘
//! function of B:  entry ─► B ⟲ ◄──link──► copy of C ⟲                 (trees that link to each other)
//! function of C:  entry ─► C ⟲ ──link──► function of B
//! ```
//!
//! * **Links as values.** A link of a function's own tree to another of its group goes to the start of a copy of that tree, with slots in
//!   values of known types. Its word must say that the tree is in use; else it is followed as ever, through memory.
//! * **First rounds apart.** What the first round has loaded and asked the others need not, if nothing between writes it: LLVM sees that where
//!   the first round is other code. Slots have types that are known then: rounds have made them. A way round with another function
//!   in the same frame begins with the first round again.
//!
//! A function has one entry, so its loops are loops to LLVM. Each tree has a function, for whoever enters it by itself.
//!
//! Invariant: a copy uses its tree's own table of constants and numbers of exits: the runtime cannot tell a tree from its copy.

use super::aside::{self, Aside};
use super::block::{FRAME, STACK};
use super::carried::{self, Carried};
use super::held::{self, Held};
use super::joined;
use super::{Lowerer, Member, slots};
use crate::select;
use ir::tree::{Item, RootKey, Tree};
use std::collections::HashMap;

/// Guards of a tree whose first round is lowered apart, at most.
const MAX_APART: usize = 300;

/// The table of constants of a tree, and its exits.
pub(crate) struct Table<'a> {
    pub tree: &'a Tree,
    pub name: &'a str,
    /// What the words hold.
    pub items: Vec<Item>,
    pub numbers: HashMap<Item, usize>,
    /// Branch and snapshot of each exit.
    pub exits: Vec<(u32, u32)>,
    /// Words behind the table.
    pub spills: usize,
    /// Guards that can be made to fail.
    pub cells: u32,
    /// Branches that are in functions of their own.
    pub apart: Vec<bool>,
    /// Those of them that functions go to.
    pub asides: Vec<Aside>,
    /// It was lowered once.
    whole: bool,
}

impl<'a> Table<'a> {
    pub fn new(m: Member<'a>) -> Table<'a> {
        Table {
            tree: m.tree,
            name: m.name,
            items: Vec::new(),
            numbers: HashMap::new(),
            exits: Vec::new(),
            spills: 0,
            cells: 0,
            apart: aside::of(m.tree, m.cold),
            asides: Vec::new(),
            whole: false,
        }
    }

    /// Forgets what was lowered.
    pub fn clear(&mut self) {
        self.items.clear();
        self.numbers.clear();
        self.exits.clear();
        self.asides.clear();
        (self.spills, self.cells, self.whole) = (0, 0, false);
    }

    /// Returns the number of an item.
    pub fn item(&mut self, item: Item) -> usize {
        if let Some(&n) = self.numbers.get(&item) {
            return n;
        }
        let n = self.items.len();
        self.numbers.insert(item.clone(), n);
        self.items.push(item);
        n
    }
}

/// A copy of a tree in a function.
pub(crate) struct Part {
    /// Index of its table.
    pub member: usize,
    /// Nobody lowered this tree before: exits get their numbers here.
    pub first: bool,
    /// Its code is there.
    pub lowered: bool,
    /// Label of its start.
    pub start: String,
    /// Label of what leaves before anything was done.
    pub back: String,
    /// Text of its base.
    pub base: String,
    /// The part that its links to its own root go to.
    own: usize,
    /// The part that those go to which bring another function to the same frame: of what other rounds asked nothing is known then.
    anew: usize,
    /// What the start has of slots.
    pub carried: Vec<Carried>,
    /// What its start holds of slots.
    pub held: Vec<Held>,
}

impl Part {
    /// Returns the part that a branch of its tree goes to if that links to its own root.
    pub fn round(&self, tree: &Tree, branch: usize) -> usize {
        let b = &tree.branches[branch];
        let other = |s: &ir::Snap| s.entries.iter().any(|e| e.0 == s.base + carried::LOWEST);
        let anew = b.trace.snaps.last().is_some_and(|s| s.base == carried::returned(b) && other(s));
        if anew { self.anew } else { self.own }
    }
}

/// Lists the parts of the function of the first of some members.
pub(crate) fn of(tables: &mut [Table<'_>], members: &[usize]) -> Vec<Part> {
    let apart = members.len() == 1 && is_apart(tables[members[0]].tree);
    let copies = if apart { vec![members[0]; 2] } else { members.to_vec() };
    let mut out: Vec<Part> = Vec::new();
    for (i, &member) in copies.iter().enumerate() {
        let text = |what: &str| if i == 0 { what.to_string() } else { format!("{what}{i}") };
        let table = &mut tables[member];
        out.push(Part {
            member,
            first: !std::mem::replace(&mut table.whole, true),
            lowered: false,
            start: text("start"),
            back: text("back"),
            base: format!("%{}.base", text("start")),
            own: if apart { 1 } else { i },
            anew: if apart { 0 } else { i },
            carried: carried::of(table.tree, &table.apart, members.len() > 1),
            held: Vec::new(),
        });
    }
    if members.len() > 1 {
        carried::join(&mut out);
    }
    for (i, p) in out.iter_mut().enumerate() {
        carried::name(&mut p.carried, i);
    }
    joined::plan(tables, &mut out);
    held::plan(tables, &mut out);
    out
}

/// Says whether the first round of a tree is lowered apart.
fn is_apart(tree: &Tree) -> bool {
    tree.branches.len() > 1 && tree.branches.iter().map(select::guards).sum::<usize>() <= MAX_APART
}

impl<'a> Lowerer<'a> {
    /// Returns the table of the open part.
    pub fn table(&mut self) -> &mut Table<'a> {
        &mut self.tables[self.parts[self.open].member]
    }

    /// Finds the part that a link to another root goes to.
    pub fn part_of(&self, root: RootKey) -> Option<usize> {
        self.parts.iter().position(|p| self.tables[p.member].tree.key == root)
    }

    /// Says whether a part needs no more of the stack than another.
    pub fn fits(&self, part: usize, into: usize) -> bool {
        let room = |p: usize| slots(self.tables[self.parts[p].member].tree);
        room(part) <= room(into)
    }

    /// Returns the slots of all frames that start where the function's does.
    pub fn frame_slots(&self) -> i32 {
        self.parts.iter().map(|p| slots(self.tables[p.member].tree)).max().unwrap_or(0)
    }

    /// Returns the slots from the function's base to another, if all rounds begin with that and it is known.
    pub fn depth(&self, base: &str) -> Option<i32> {
        self.depths.get(base).copied()
    }

    /// Notes a base that is some slots from an old one.
    pub fn anchor(&mut self, base: &str, old: &str, slots: i32) {
        if let Some(depth) = self.depth(old) {
            self.depths.insert(base.into(), depth + slots);
        }
    }

    /// Returns the access tag of a slot.
    pub fn slot_class(&self, base: &str, slot: i32) -> usize {
        let own = self.depth(base).is_some_and(|d| (0..self.frame_slots()).contains(&(d + slot)));
        if own { FRAME } else { STACK }
    }

    /// Says whether all rounds begin with the function's base.
    pub fn is_level(&self) -> bool {
        let several = self.parts.iter().any(|p| p.member != self.parts[0].member);
        let table = |p: &Part| &self.tables[p.member];
        self.parts.iter().all(|p| carried::is_level(table(p).tree, &table(p).apart, several))
    }
}

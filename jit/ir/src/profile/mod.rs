//! Profiles: what was hot in runs of a program, as a value that is merged, compared, trimmed and written as text.
//!
//! Everything is keyed by content: prototypes by the hash of what they contain, instructions by their index. So a profile says the same in every
//! process and on every machine, and what did not change in a program still applies when the rest did.
//!
//! * Trees: root traces with their side traces, their IR, how often each was entered and each exit taken. Of one root there may be several
//!   *variants* (runs may record different traces), and at one exit several side traces. They are told apart by content; whoever compiles
//!   takes the heaviest ([`Profile::chosen`]).
//! * Samples of processor time by root, and by what ran else.
//! * Recordings that were given up, and the types that were in slots when places became hot.
//! * Where all of this is in the source.
//!
//! Invariant: [`Profile::merge`] is commutative and associative, and an empty profile is neutral: counts are added (up to the largest
//! number), sets united, of names that differ the least is kept.
//! Invariant: profiles with equal contents have equal texts; the text reads back ([`Profile::parse`]).

mod forest;
mod share;
#[cfg(test)]
mod tests;
mod text;

pub use forest::MAX_DEPTH;
pub use share::{Change, Coverage, protos};
pub use text::{HEADER, Problem};

use crate::konst::ProtoKey;
use crate::tree::{RootKey, Tree};
use forest::Forest;
use std::collections::BTreeMap;

/// Where a prototype came from.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Origin {
    /// Name of the chunk.
    pub chunk: Vec<u8>,
    /// First line.
    pub line: u32,
    /// Number of instructions; 0 if unknown.
    pub size: u32,
}

/// What processor time was spent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Spent {
    /// The compiled tree of a root.
    Root(RootKey),
    /// The interpreter.
    Interpreted,
    /// Library functions that it called.
    Library,
    /// The collector.
    Collector,
    /// The trace compiler.
    Compiler,
}

impl Spent {
    /// What is no tree, with its name in the text.
    pub const OTHER: [(Spent, &'static str); 4] = [
        (Spent::Interpreted, "interpreted"),
        (Spent::Library, "library"),
        (Spent::Collector, "collector"),
        (Spent::Compiler, "compiler"),
    ];
}

/// A kind of recording that was given up.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct GivenUp {
    /// The hot place, or the root of the tree that was to get a side trace.
    pub root: RootKey,
    /// It was a side trace.
    pub side: bool,
    /// Name of the reason (`abi::abort`).
    pub reason: String,
    /// The instruction that the recording had come to.
    pub at: RootKey,
    /// The builtin or instruction that was not compiled; may be empty.
    pub what: String,
}

/// A profile.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// Chunks that were loaded: hash of the main prototype, name.
    pub modules: BTreeMap<u64, Vec<u8>>,
    /// Origins of the prototypes that are named.
    pub origins: BTreeMap<ProtoKey, Origin>,
    /// Lines of instructions, counted from the first line of their prototype.
    pub lines: BTreeMap<RootKey, u32>,
    /// Recordings that were given up.
    pub aborts: BTreeMap<GivenUp, u64>,
    /// Types by place, slot and name: how often they were found.
    pub types: BTreeMap<(RootKey, u32, String), u64>,
    /// Samples.
    pub time: BTreeMap<Spent, u64>,
    forest: Forest,
}

impl Profile {
    /// Adds a tree. Side traces too deep in it ([`MAX_DEPTH`]) are left out; says how many.
    pub fn add(&mut self, tree: Tree) -> usize {
        self.forest.add(tree)
    }

    /// Returns all trees, by root; of each root all variants, each with all side traces.
    pub fn trees(&self) -> Vec<Tree> {
        self.forest.trees()
    }

    /// Returns what is to be compiled: one tree for each root, with one side trace at most for each exit.
    pub fn chosen(&self) -> Vec<Tree> {
        self.forest.chosen()
    }

    /// Returns the roots that have trees.
    pub fn roots(&self) -> impl Iterator<Item = RootKey> + '_ {
        self.forest.roots()
    }

    /// Says whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Profile::default()
    }

    /// Adds another profile.
    pub fn merge(&mut self, other: Profile) {
        least(&mut self.modules, other.modules);
        least(&mut self.origins, other.origins);
        least(&mut self.lines, other.lines);
        sum(&mut self.aborts, other.aborts);
        sum(&mut self.types, other.types);
        sum(&mut self.time, other.time);
        self.forest.merge(other.forest);
    }

    /// Adds samples.
    pub fn spend(&mut self, on: Spent, samples: u64) {
        if samples > 0 {
            sum(&mut self.time, BTreeMap::from([(on, samples)]));
        }
    }

    /// Adds recordings that were given up.
    pub fn give_up(&mut self, what: GivenUp, times: u64) {
        sum(&mut self.aborts, BTreeMap::from([(what, times)]));
    }

    /// Returns the chunk and line of an instruction, where they are known.
    pub fn place(&self, key: RootKey) -> Option<(&[u8], u32)> {
        let o = self.origins.get(&key.proto)?;
        let below = self.lines.get(&key).copied().unwrap_or(0);
        Some((&o.chunk, o.line.saturating_add(below)))
    }
}

fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (k, n) in from {
        let slot = into.entry(k).or_default();
        *slot = slot.saturating_add(n);
    }
}

fn least<K: Ord, V: Ord>(into: &mut BTreeMap<K, V>, from: BTreeMap<K, V>) {
    for (k, v) in from {
        match into.entry(k) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(v);
            }
            std::collections::btree_map::Entry::Occupied(mut slot) if v < *slot.get() => {
                slot.insert(v);
            }
            std::collections::btree_map::Entry::Occupied(_) => {}
        }
    }
}

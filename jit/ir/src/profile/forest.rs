//! Trees by content: what is merged.
//!
//! A node is a trace with its counts; below it are its side traces, by exit and content. Two nodes are the same if their traces, the roots
//! that they link to, their places and their parents are. Merging is then adding counts node by node, whatever the order.
//!
//! Traces are made neutral first: where a key lay in a hash part is a matter of one process (`Const::Slot`), and so are numbers of traces.
//!
//! Invariant: no node is deeper than [`MAX_DEPTH`], so that recursion over texts from anywhere ends.

use crate::konst::Const;
use crate::trace::Trace;
use crate::tree::{Branch, RootKey, Tree, anonymous, sum, write_branch, write_head};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Side traces of side traces, at most. (The compiler makes chains of a few dozen.)
pub const MAX_DEPTH: usize = 500;

/// What tells traces at one place apart: the text, and the root that it links to.
type Content = (String, Option<RootKey>);

#[derive(Clone, Debug)]
struct Node {
    /// The trace as it came: who takes it out makes it neutral.
    trace: Trace,
    entries: u64,
    exits: Vec<u64>,
    sides: BTreeMap<(u32, Content), Node>,
}

impl PartialEq for Node {
    /// What is compared with has the same text.
    fn eq(&self, other: &Node) -> bool {
        (self.entries, &self.exits, &self.sides) == (other.entries, &other.exits, &other.sides)
    }
}

impl Eq for Node {}

/// Trees by root, and of each root by content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Forest(BTreeMap<RootKey, BTreeMap<Content, Node>>);

/// A branch that is about to be written.
struct Written<'a> {
    key: RootKey,
    is_root: bool,
    head: String,
    body: &'a str,
}

/// Returns a trace without what means something in one process only.
fn neutral(t: &Trace) -> Trace {
    let mut t = t.clone();
    for c in &mut t.consts {
        if let Const::Slot(_, node) = c {
            *node = 0;
        }
    }
    // Constants that have become equal become one.
    anonymous(&t)
}

impl Node {
    fn merge(&mut self, other: Node) {
        self.entries = self.entries.saturating_add(other.entries);
        for (n, m) in self.exits.iter_mut().zip(other.exits) {
            *n = n.saturating_add(m);
        }
        for (at, side) in other.sides {
            put(&mut self.sides, at, side);
        }
    }

    /// Returns entries of the trace and of all side traces.
    fn weight(&self) -> u64 {
        self.sides.values().fold(self.entries, |n, s| n.saturating_add(s.weight()))
    }

    /// Lists what is to be written, parents first; `at` is its number in the tree, and then that behind all below it.
    fn list<'a>(
        &'a self,
        (key, parent): (RootKey, Option<(usize, u32)>),
        content: &'a Content,
        at: &mut usize,
        out: &mut Vec<Written<'a>>,
    ) {
        let head = write_head(parent, content.1, self.entries, &self.exits);
        out.push(Written { key, is_root: parent.is_none(), head, body: &content.0 });
        let own = *at;
        *at += 1;
        for ((exit, content), side) in &self.sides {
            side.list((key, Some((own, *exit))), content, at, out);
        }
    }

    fn write(&self, parent: Option<(usize, u32)>, target: Option<RootKey>, out: &mut Vec<Branch>, all: bool) {
        let at = out.len();
        let (trace, exits) = (neutral(&self.trace), self.exits.clone());
        out.push(Branch { trace, parent, target, entries: self.entries, exits });
        let mut sides = self.sides.iter().peekable();
        while let Some(((exit, content), side)) = sides.next() {
            let (mut target, mut side) = (content.1, side);
            if !all {
                while let Some(((_, other), next)) = sides.next_if(|((e, _), _)| e == exit) {
                    if (next.entries, next.weight()) > (side.entries, side.weight()) {
                        (target, side) = (other.1, next);
                    }
                }
            }
            side.write(Some((at, *exit)), target, out, all);
        }
    }
}

fn put<K: Ord>(into: &mut BTreeMap<K, Node>, at: K, node: Node) {
    match into.entry(at) {
        std::collections::btree_map::Entry::Vacant(v) => {
            v.insert(node);
        }
        std::collections::btree_map::Entry::Occupied(mut o) => o.get_mut().merge(node),
    }
}

impl Forest {
    /// Adds a tree; says how many side traces are too deep to be in it.
    pub fn add(&mut self, tree: Tree) -> usize {
        if tree.check().is_err() {
            return tree.branches.len();
        }
        let mut depth: Vec<usize> = Vec::new();
        for b in &tree.branches {
            depth.push(b.parent.map_or(0, |(p, _)| depth[p] + 1));
        }
        let places: Vec<_> = tree.branches.iter().map(|b| (b.parent, b.target)).collect();
        let mut nodes: Vec<Option<Node>> = tree
            .branches
            .into_iter()
            .zip(&depth)
            .map(|(Branch { trace, entries, exits, .. }, d)| {
                (*d <= MAX_DEPTH).then_some(Node { trace, entries, exits, sides: BTreeMap::new() })
            })
            .collect();
        // Parents come first, so from the end on each node is complete.
        for i in (0..nodes.len()).rev() {
            let ((parent, target), Some(node)) = (places[i], nodes[i].take()) else { continue };
            let content = (node.trace.neutral_text(), target);
            match parent {
                None => put(self.0.entry(tree.key).or_default(), content, node),
                Some((p, exit)) => {
                    if let Some(Some(parent)) = nodes.get_mut(p) {
                        put(&mut parent.sides, (exit, content), node);
                    }
                }
            }
        }
        depth.iter().filter(|d| **d > MAX_DEPTH).count()
    }

    pub fn merge(&mut self, other: Forest) {
        for (key, variants) in other.0 {
            let into = self.0.entry(key).or_default();
            for (content, node) in variants {
                put(into, content, node);
            }
        }
    }

    pub fn roots(&self) -> impl Iterator<Item = RootKey> + '_ {
        self.0.keys().copied()
    }

    pub fn trees(&self) -> Vec<Tree> {
        let mut out = Vec::new();
        for (key, variants) in &self.0 {
            for ((_, target), node) in variants {
                let mut tree = Tree { key: *key, branches: Vec::new() };
                node.write(None, *target, &mut tree.branches, true);
                out.push(tree);
            }
        }
        out
    }

    /// Writes all trees as [`tree::write`](crate::tree::write) does, each with the text it was told apart by.
    pub fn write_text(&self, out: &mut String) {
        let mut list = Vec::new();
        for (key, variants) in &self.0 {
            for (content, node) in variants {
                node.list((*key, None), content, &mut 0, &mut list);
            }
        }
        out.reserve(list.iter().map(|w| w.body.len() + w.body.len() / 8 + w.head.len() + 80).sum());
        for w in &list {
            if w.is_root {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "tree {}", w.key);
            }
            write_branch(out, &w.head, sum(w.key, &w.head, w.body), w.body);
        }
    }

    pub fn chosen(&self) -> Vec<Tree> {
        let mut out = Vec::new();
        for (key, variants) in &self.0 {
            let mut best: Option<(&Content, &Node)> = None;
            for (content, node) in variants {
                if best.is_none_or(|(_, b)| (node.entries, node.weight()) > (b.entries, b.weight())) {
                    best = Some((content, node));
                }
            }
            let Some(((_, target), node)) = best else { continue };
            let mut tree = Tree { key: *key, branches: Vec::new() };
            node.write(None, *target, &mut tree.branches, false);
            out.push(tree);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::neutral;
    use crate::random::samples;

    /// What tells traces apart is the text of what is taken out: the printer and [`neutral`] leave out the same.
    #[test]
    fn the_neutral_text_is_that_of_the_neutral_trace() {
        let mut differ = 0;
        for (seed, t) in samples() {
            let text = t.neutral_text();
            assert_eq!(text, neutral(&t).to_string(), "seed {seed}");
            differ += u32::from(text != t.to_string());
        }
        assert!(differ > 30, "{differ}");
    }
}

//! Which trees are lowered together: those that link to each other in circles, as nested loops do.
//!
//! A link from one tree to another goes through memory and asks for types that are known. Where trees link back and forth one of them, the
//! *first*, gets copies of the others in its function ([`crate::lower::group`]), as long as there are not more than [`MAX_GUARDS`] guards in it. The
//! first is the one that is linked most often; the others follow by how often they are.
//!
//! Trees of a group are of one chunk: it is loaded as a whole, so all of them can be bound as soon as one of them runs. (Code that is moved out of
//! loops reads the constants of copies before they are entered.)
//!
//! Invariant: the order of groups, and of trees in them, depends on the trees and their profile alone; each tree is in one group.

use crate::content::Program;
use crate::select::guards;
use ir::ProtoKey;
use ir::tree::{RootKey, Tree};
use std::collections::BTreeMap;

/// Guards that a function with copies may have.
const MAX_GUARDS: usize = 1600;

/// A link between trees: from, to, how often.
type Edge = (usize, usize, u64);

/// Divides trees into groups; each has its first tree first.
pub fn of(trees: &[&Tree], program: &Program) -> Vec<Vec<usize>> {
    let by_key: BTreeMap<RootKey, usize> = trees.iter().enumerate().map(|(i, t)| (t.key, i)).collect();
    let mut edges: Vec<Edge> = Vec::new();
    for (i, t) in trees.iter().enumerate() {
        for (n, b) in t.branches.iter().enumerate() {
            let to = b.target.and_then(|k| by_key.get(&k)).copied().filter(|to| *to != i);
            if let Some(to) = to.filter(|to| together(t.key.proto, trees[*to].key.proto, program)) {
                edges.push((i, to, ends(t, n)));
            }
        }
    }
    let mut group: Vec<Vec<usize>> = Vec::new();
    let mut taken = vec![false; trees.len()];
    for i in 0..trees.len() {
        if taken[i] {
            continue;
        }
        let circle: Vec<usize> = circle(i, &edges, trees.len());
        for g in split(circle, &edges, trees) {
            g.iter().for_each(|t| taken[*t] = true);
            group.push(g);
        }
    }
    group
}

/// Says whether two functions are always loaded at once.
fn together(a: ProtoKey, b: ProtoKey, program: &Program) -> bool {
    a == b || (a.instance == b.instance && program.are_together(a.hash, b.hash))
}

/// Returns how often a branch came to its end: it was entered, and not left for a side trace.
fn ends(t: &Tree, n: usize) -> u64 {
    let sides: u64 = t.branches.iter().filter(|b| b.parent.is_some_and(|p| p.0 == n)).map(|b| b.entries).sum();
    t.branches[n].entries.saturating_sub(sides).max(1)
}

/// Lists the trees that a tree leads to by links and that lead back to it, in order; itself too.
fn circle(from: usize, edges: &[Edge], n: usize) -> Vec<usize> {
    let reach = |back: bool| {
        let mut seen = vec![false; n];
        let mut left = vec![from];
        while let Some(i) = left.pop() {
            if std::mem::replace(&mut seen[i], true) {
                continue;
            }
            let next = edges.iter().filter_map(|e| match back {
                false => (e.0 == i).then_some(e.1),
                true => (e.1 == i).then_some(e.0),
            });
            left.extend(next);
        }
        seen
    };
    let (there, back) = (reach(false), reach(true));
    (0..n).filter(|i| there[*i] && back[*i]).collect()
}

/// Makes groups of a circle that are small enough.
fn split(mut circle: Vec<usize>, edges: &[Edge], trees: &[&Tree]) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    let size = |i: usize| trees[i].branches.iter().map(guards).sum::<usize>();
    while !circle.is_empty() {
        let linked = |i: usize, with: &[usize]| {
            let of = edges.iter().filter(|e| (e.0 == i && with.contains(&e.1)) || (e.1 == i && with.contains(&e.0)));
            of.map(|e| e.2).sum::<u64>()
        };
        let first = circle.iter().copied().max_by_key(|i| (size(*i), std::cmp::Reverse(*i)));
        let Some(first) = first else { break };
        let mut group = vec![first];
        let mut room = MAX_GUARDS.saturating_sub(size(first));
        circle.retain(|i| *i != first);
        loop {
            let fits = circle.iter().copied().filter(|i| size(*i) <= room && linked(*i, &group) > 0);
            let Some(next) = fits.max_by_key(|i| (linked(*i, &group), std::cmp::Reverse(*i))) else { break };
            room -= size(next);
            group.push(next);
            circle.retain(|i| *i != next);
        }
        out.push(group);
    }
    out
}

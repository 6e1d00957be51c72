//! Which trees are lowered together: those that link to each other in circles, as nested loops do.
//!
//! A link from one tree to another goes through memory and asks for types that are known. Where trees link back and forth one of them, the
//! *first*, gets copies of the others in its function ([`crate::lower::group`]), as long as there are not more than [`MAX_GUARDS`] guards in it. The
//! first is the largest; the others follow by how often they are linked to what is in the group.
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

#[cfg(test)]
mod tests {
    use super::*;
    use ir::tree::Branch;
    use ir::{Const, Ins, Link, Op, Ref, Start, Trace, Ty};

    fn key(hash: u64, pc: u32) -> RootKey {
        RootKey { proto: ProtoKey { hash, instance: 0 }, pc }
    }

    /// A tree with some guards that links to others.
    fn tree(key: RootKey, guards: usize, targets: &[(RootKey, u64)]) -> Tree {
        let branch = |parent: Option<(usize, u32)>, target: Option<RootKey>, entries, guards| {
            let start = if parent.is_some() { Start::Side(0, 0) } else { Start::Root };
            let mut trace = Trace::new(start, Const::Pc(key.proto, key.pc));
            for _ in 0..guards {
                trace.push(Ins::guard(Op::SLOAD, Ty::Num, Ref::lit(1), Ref::lit(0)));
            }
            trace.link = if target.is_some() { Link::Root(0) } else { Link::Loop };
            Branch { trace, parent, target, entries, exits: Vec::new() }
        };
        let mut branches = vec![branch(None, None, 1, guards)];
        branches.extend(targets.iter().map(|(to, n)| branch(Some((0, 0)), Some(*to), *n, 0)));
        Tree { key, branches }
    }

    fn groups(trees: &[Tree], program: &Program) -> Vec<Vec<usize>> {
        of(&trees.iter().collect::<Vec<_>>(), program)
    }

    fn add(program: &mut Program, text: &str, name: &str) -> Vec<u64> {
        let chunk = luac::compile(text.as_bytes(), name.as_bytes(), &luac::Options::default()).expect("Lua");
        let before: Vec<u64> = program.hashes().collect();
        program.add(&chunk);
        program.hashes().filter(|h| !before.contains(h)).collect()
    }

    #[test]
    fn circles_of_links_are_groups_and_the_largest_tree_is_first() {
        let (a, b, c) = (key(1, 1), key(1, 2), key(1, 3));
        let p = Program::default();
        let nested = [tree(a, 3, &[(b, 9)]), tree(b, 7, &[(a, 9), (c, 1)]), tree(c, 20, &[])];
        assert_eq!(groups(&nested, &p), [vec![1, 0], vec![2]], "nobody comes back from the third");
        let round = [tree(a, 3, &[(b, 1)]), tree(b, 2, &[(c, 1)]), tree(c, 1, &[(a, 5)])];
        assert_eq!(groups(&round, &p), [vec![0, 2, 1]], "who is linked more often comes first");
        let alone = [tree(a, 3, &[(a, 9)]), tree(b, 3, &[(key(1, 9), 9)])];
        assert_eq!(groups(&alone, &p), [vec![0], vec![1]]);
    }

    #[test]
    fn functions_have_at_most_so_many_guards() {
        let (a, b, c) = (key(1, 1), key(1, 2), key(1, 3));
        let p = Program::default();
        let half = MAX_GUARDS / 2;
        let all = [(a, 1), (b, 2), (c, 3)];
        let trees = [tree(a, half, &all[1..]), tree(b, half, &all[..1]), tree(c, 1, &all[..2])];
        assert_eq!(groups(&trees, &p), [vec![0, 2], vec![1]], "the third is linked more often, then there is no room");
        let large = [tree(a, MAX_GUARDS + 1, &all[1..2]), tree(b, 1, &all[..1])];
        assert_eq!(groups(&large, &p), [vec![0], vec![1]]);
    }

    #[test]
    fn trees_of_a_group_are_loaded_at_once() {
        let mut p = Program::default();
        let one = add(&mut p, "return function() return 1 end", "@a.lua");
        let other = add(&mut p, "return function() return 2 end, function() return 3 end", "@b.lua");
        assert!(one.len() >= 2 && other.len() >= 3);
        let pair = |x: u64, y: u64| {
            let (a, b) = (key(x, 1), key(y, 1));
            [tree(a, 2, &[(b, 1)]), tree(b, 1, &[(a, 1)])]
        };
        assert_eq!(groups(&pair(one[0], one[1]), &p).len(), 1);
        assert_eq!(groups(&pair(one[0], other[0]), &p).len(), 2, "two chunks");
        assert_eq!(groups(&pair(one[0], 77), &p).len(), 2, "code that is loaded when the program runs");
        assert_eq!(groups(&pair(77, 77), &p).len(), 2, "one root cannot be told from the other");
        let mut second = pair(one[0], one[1]);
        second[1].key.proto.instance = 1;
        second[0].branches[1].target = Some(second[1].key);
        assert_eq!(groups(&second, &p).len(), 2, "of two functions with equal contents");
        let again = add(&mut p, "return function() return 1 end, 5", "@c.lua");
        assert!(!again.is_empty());
        let twice: Vec<_> = one.iter().map(|h| groups(&pair(*h, one[0]), &p).len()).collect();
        assert_eq!(twice, [2, 2], "a function of it is in another chunk too");
    }
}

//! Which parts of a profile are compiled.
//!
//! * *Stale*: a trace names a function of the program that it does not have any more. The trace and what grows from it go; without its root a
//!   tree goes. Functions of other chunks, which the program loads when it runs (plugins, modules from a path of its own, texts), stay: the
//!   runtime uses their trees if it meets the same function again.
//! * *Too large*: LLVM takes more than linear time for a function, so a tree has at most [`MAX_GUARDS`] guards. Above, the side traces that were
//!   entered least often go first, each with none behind it; the root stays. Their exits are left to the interpreter and the live
//!   compiler.
//!
//! What is left is compiled as hard as it is worth ([`efforts`]): what takes next to no time with LLVM's least.
//!
//! What a trace is worth ([`Scale`]) is its tree's processor time, where the profile has samples, and its *work* otherwise. Within a tree time is
//! shared out by work.
//!
//! Invariant: what is dropped is counted, in traces and in worth; the sum over kept and dropped is the profile's.

use crate::content::Program;
use crate::ll::Level;
use ir::profile::protos;
use ir::tree::{Branch, Tree};
use ir::{Link, ProtoKey};

/// Guards that a tree may have.
pub const MAX_GUARDS: usize = 2000;

/// What was dropped for one reason.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Drop {
    /// Why.
    pub reason: String,
    /// Traces.
    pub traces: usize,
    /// What they are worth.
    pub work: u64,
}

/// Parts of a sample that traces are worth at least.
pub const SAMPLE: u64 = 1_000_000;

/// What the traces of a tree are worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Their work.
    Work,
    /// Parts of the tree's samples.
    Time {
        /// Samples of the tree.
        samples: u64,
        /// Work of the tree.
        work: u128,
    },
}

impl Scale {
    /// Returns the scale of a tree, given its samples, if there are any in the profile.
    pub fn of(tree: &Tree, samples: Option<u64>) -> Scale {
        samples.map_or(Scale::Work, |samples| Scale::Time { samples, work: tree.branches.iter().map(busy).sum() })
    }

    /// Returns what a trace is worth.
    pub fn worth(self, b: &Branch) -> u64 {
        match self {
            Scale::Work => work(b),
            Scale::Time { samples, work } => {
                let all = u128::from(samples).saturating_mul(SAMPLE.into());
                let part = all.saturating_mul(busy(b)).saturating_add(work / 2) / work.max(1);
                u64::try_from(part).unwrap_or(u64::MAX)
            }
        }
    }

    /// Returns what the traces of a tree are worth.
    pub fn of_tree(self, t: &Tree) -> u64 {
        t.branches.iter().map(|b| self.worth(b)).fold(0, u64::saturating_add)
    }
}

/// The work of a trace, at least that of a single entry.
fn busy(b: &Branch) -> u128 {
    u128::from(b.entries.max(1)) * b.trace.ins.len() as u128
}

/// Returns how much of the profiled work a trace stands for: instructions times entries.
fn work(b: &Branch) -> u64 {
    b.entries.saturating_mul(b.trace.ins.len() as u64)
}

/// The part of a profile that is compiled quickly: one in so many.
const QUICK: u128 = 100;
/// Samples that say what a loop takes: of a thousandth of the time there would be one with a probability of 0.95.
const ENOUGH: u128 = 3000;
/// Instructions that the way to a side trace in a function of its own takes, and the way back.
const AWAY: u128 = 40;

/// How hard LLVM tries for a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effort {
    /// For its function.
    pub level: Level,
    /// Branches for which it does its least, in other functions.
    pub cold: Vec<bool>,
}

/// Says how hard LLVM tries for each tree, given its samples and those of what the program does in the runtime. For what is worth least it
/// does its least, as long as that is together worth not more than a hundredth of all that, by work and by samples. So the loss is bounded,
/// however large a profile is. Whole trees may be cold, or side traces, each with all that grows from it. Work counts, too, since short runs
/// have few samples; rounds of a loop that is a trace of its own are counted by nobody, so loops need samples enough. Whoever asks for
/// another level than the usual one gets it for all; all side traces are cold to `-O0`.
pub fn efforts(asked: Level, trees: &[(Tree, u64)], runtime: u64) -> Vec<Effort> {
    let aside = asked == Level::O0;
    let effort = |(t, _): &(Tree, u64)| Effort { level: asked, cold: vec![aside; t.branches.len()] };
    let mut out: Vec<Effort> = trees.iter().map(effort).collect();
    if asked != Level::O2 {
        return out;
    }
    let works: Vec<u128> = trees.iter().map(|(t, _)| t.branches.iter().map(busy).sum()).collect();
    let traced: u128 = trees.iter().map(|t| u128::from(t.1)).sum();
    let all_samples = traced + u128::from(runtime);
    let all_work = works.iter().sum::<u128>().saturating_mul(all_samples.max(1)) / traced.max(1);
    // Work, and parts of samples.
    let costs = |t: usize, b: usize| {
        let (tree, samples) = &trees[t];
        let branch = &tree.branches[b];
        let away = if b > 0 { AWAY * u128::from(branch.entries) } else { 0 };
        let parts = u128::from(*samples) * u128::from(SAMPLE);
        (busy(branch) + away, parts.saturating_mul(busy(branch)) / works[t].max(1))
    };
    let all_parts = all_samples * u128::from(SAMPLE);
    // What is worth least comes first, but nothing before what grows from it.
    let mut order: Vec<(u128, usize, usize)> = Vec::new();
    for (t, (tree, _)) in trees.iter().enumerate() {
        let mut worth: Vec<u128> = Vec::new();
        for (b, branch) in tree.branches.iter().enumerate() {
            let (work, parts) = costs(t, b);
            let uncounted = matches!(branch.trace.link, Link::Loop | Link::Again) && all_samples < ENOUGH;
            let most = work.saturating_mul(all_parts.max(1)).max(parts.saturating_mul(all_work));
            worth.push(if uncounted { u128::MAX } else { most });
        }
        for b in (1..tree.branches.len()).rev() {
            if let Some((p, _)) = tree.branches[b].parent {
                worth[p] = worth[p].max(worth[b]);
            }
        }
        order.extend(worth.into_iter().enumerate().map(|(b, w)| (w, t, b)));
    }
    order.sort_by_key(|(worth, t, b)| (*worth, *t, std::cmp::Reverse(*b)));
    let (mut work, mut parts) = (0u128, 0u128);
    for (worth, t, b) in order {
        let cost = costs(t, b);
        work += cost.0;
        parts += cost.1;
        if worth == u128::MAX || work.saturating_mul(QUICK) > all_work || parts.saturating_mul(QUICK) > all_parts {
            break;
        }
        out[t].cold[b] = true;
        if b == 0 {
            out[t] = Effort { level: Level::O1, cold: vec![false; trees[t].0.branches.len()] };
        }
    }
    out
}

/// Takes what cannot or should not be compiled out of a tree. Nothing is left if its root goes.
pub fn choose(tree: Tree, program: &Program, scale: Scale, drops: &mut Vec<Drop>) -> Option<Tree> {
    let fresh: Vec<bool> = tree.branches.iter().map(|b| is_fresh(b, program)).collect();
    let tree = keep(tree, &fresh, "stale", scale, drops)?;
    let small = within(&tree, MAX_GUARDS);
    keep(tree, &small, "too large", scale, drops)
}

/// Says whether the program has all functions that a trace names, or loads them.
fn is_fresh(b: &Branch, program: &Program) -> bool {
    named(b).all(|k| program.has(k.hash) || program.is_loaded(k))
}

/// Says whether a trace is one of code that is loaded when the program runs, at least in part.
pub fn is_loaded(b: &Branch, program: &Program) -> bool {
    named(b).any(|k| !program.has(k.hash))
}

/// Visits the functions that a trace names.
pub fn named(b: &Branch) -> impl Iterator<Item = ProtoKey> + '_ {
    protos(&b.trace).chain(b.target.map(|t| t.proto))
}

/// Counts the guards of a trace.
pub fn guards(b: &Branch) -> usize {
    b.trace.ins.iter().filter(|i| i.is_guard()).count()
}

/// Says which branches stay so that there are at most `max` guards.
fn within(tree: &Tree, max: usize) -> Vec<bool> {
    let mut stays = vec![true; tree.branches.len()];
    let mut total: usize = tree.branches.iter().map(guards).sum();
    let mut sides = vec![0; tree.branches.len()];
    for (p, _) in tree.branches.iter().filter_map(|b| b.parent) {
        sides[p] += 1;
    }
    while total > max {
        let leaves = (1..stays.len()).rev().filter(|i| stays[*i] && sides[*i] == 0);
        let Some(coldest) = leaves.min_by_key(|i| tree.branches[*i].entries) else { break };
        stays[coldest] = false;
        total -= guards(&tree.branches[coldest]);
        if let Some((p, _)) = tree.branches[coldest].parent {
            sides[p] -= 1;
        }
    }
    stays
}

/// Keeps the branches of a tree that are marked and whose parents are kept.
fn keep(mut tree: Tree, marked: &[bool], reason: &str, scale: Scale, drops: &mut Vec<Drop>) -> Option<Tree> {
    if marked.iter().all(|m| *m) {
        return Some(tree);
    }
    let (mut traces, mut lost) = (0, 0u64);
    let mut place: Vec<Option<usize>> = Vec::new();
    let mut kept: Vec<Branch> = Vec::new();
    for (mut b, marked) in std::mem::take(&mut tree.branches).into_iter().zip(marked) {
        let parent = b.parent.map(|(p, e)| place[p].map(|p| (p, e)));
        match (parent, marked) {
            (Some(None), _) | (_, false) => {
                traces += 1;
                lost = lost.saturating_add(scale.worth(&b));
                // Its exit leads out of the tree now.
                let exit = parent.flatten().and_then(|(p, exit)| kept[p].exits.get_mut(exit as usize));
                if let Some(taken) = exit {
                    *taken = taken.saturating_add(b.entries);
                }
                place.push(None);
            }
            (parent, true) => {
                b.parent = parent.flatten();
                place.push(Some(kept.len()));
                kept.push(b);
            }
        }
    }
    note(drops, reason, traces, lost);
    tree.branches = kept;
    (!tree.branches.is_empty()).then_some(tree)
}

/// Counts what was dropped.
pub fn note(drops: &mut Vec<Drop>, reason: &str, traces: usize, work: u64) {
    if let Some(d) = drops.iter_mut().find(|d| d.reason == reason) {
        d.traces += traces;
        d.work = d.work.saturating_add(work);
    } else {
        drops.push(Drop { reason: reason.into(), traces, work });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ir::tree::RootKey;
    use ir::{Const, Ins, Op, Ref, Start, Trace, Ty};

    fn key(hash: u64) -> ProtoKey {
        ProtoKey { hash, instance: 0 }
    }

    /// A branch with some guards.
    fn branch(parent: Option<(usize, u32)>, hash: u64, guards: usize, entries: u64) -> Branch {
        let start = if parent.is_some() { Start::Side(0, 0) } else { Start::Root };
        let mut trace = Trace::new(start, Const::Pc(key(hash), 1));
        for _ in 0..guards {
            trace.push(Ins::guard(Op::SLOAD, Ty::Num, Ref::lit(1), Ref::lit(0)));
        }
        Branch { trace, parent, target: None, entries, exits: Vec::new() }
    }

    fn program(text: &str) -> (Program, u64) {
        let chunk = luac::compile(text.as_bytes(), b"@a.lua", &luac::Options::default()).expect("Lua");
        let mut p = Program::default();
        p.add(&chunk);
        let hash = p.hashes().next().expect("a prototype");
        (p, hash)
    }

    fn tree(branches: Vec<Branch>) -> Tree {
        Tree { key: RootKey { proto: key(1), pc: 1 }, branches }
    }

    #[test]
    fn what_names_other_functions_goes_with_what_grows_from_it() {
        let (p, own) = program("return 1");
        let mut t = tree(vec![
            branch(None, own, 1, 10),
            branch(Some((0, 0)), own ^ 1, 1, 5),
            branch(Some((1, 0)), own, 1, 3),
            branch(Some((0, 1)), own, 1, 2),
        ]);
        t.branches[0].exits = vec![2, 7];
        let mut drops = Vec::new();
        let kept = choose(t.clone(), &p, Scale::Work, &mut drops).expect("the root stays");
        assert_eq!(kept.branches[0].exits, [7, 7], "what went on in a trace that is gone leaves the tree");
        assert_eq!(
            kept.branches.iter().map(|b| (b.parent, b.entries)).collect::<Vec<_>>(),
            [(None, 10), (Some((0, 1)), 2)]
        );
        assert_eq!(drops, [Drop { reason: "stale".into(), traces: 2, work: 16 }]);
        let mut gone = t;
        gone.branches[0].trace = branch(None, own ^ 1, 1, 10).trace;
        assert_eq!(choose(gone, &p, Scale::Work, &mut drops), None);
        assert_eq!(drops[0].traces, 6);
    }

    #[test]
    fn time_is_shared_out_by_work() {
        let (p, own) = program("return 1");
        let t =
            tree(vec![branch(None, own, 1, 30), branch(Some((0, 0)), own ^ 1, 1, 10), branch(Some((0, 1)), own, 1, 0)]);
        let scale = Scale::of(&t, Some(200));
        assert_eq!(scale.of_tree(&t), 200 * SAMPLE);
        let mut drops = Vec::new();
        let kept = choose(t.clone(), &p, scale, &mut drops).expect("the root stays");
        assert_eq!((drops[0].work, scale.of_tree(&kept)), (48_780_488, 200 * SAMPLE - 48_780_488));
        assert_eq!(Scale::of(&t, None).of_tree(&t), 30 * 2 + 10 * 2);
        assert_eq!(Scale::of(&t, Some(u64::MAX)).of_tree(&t), u64::MAX);
    }

    fn levels(trees: &[(Tree, u64)]) -> Vec<Level> {
        efforts(Level::O2, trees, 0).into_iter().map(|e| e.level).collect()
    }

    #[test]
    fn trees_that_take_next_to_no_time_are_compiled_quickly() {
        let t = |entries| tree(vec![branch(None, 1, 1, entries)]);
        let trees = [t(3), t(9_700), t(4), t(99), t(80)];
        let levels_of = |samples: [u64; 5]| levels(&trees.iter().cloned().zip(samples).collect::<Vec<_>>());
        use Level::{O1, O2, O3};
        assert_eq!(levels_of([0; 5]), [O1, O2, O1, O2, O1], "87 of 9,886 parts, not 186");
        assert_eq!(levels_of([1, 90, 0, 0, 0]), [O2, O2, O1, O2, O1], "one of 91 samples is more than a hundredth");
        assert_eq!(levels_of([1, 900, 0, 0, 0]), [O1, O2, O1, O2, O1]);
        let asked = efforts(O3, &[(trees[0].clone(), 0), (trees[1].clone(), 0)], 0);
        assert_eq!(asked.iter().map(|e| e.level).collect::<Vec<_>>(), [O3; 2]);
        assert_eq!(efforts(O2, &[], 0), []);
        assert!(efforts(Level::O0, &[(trees[0].clone(), 0)], 0)[0].cold[0]);
        let mut round = t(3);
        round.branches[0].trace.link = Link::Loop;
        let of = |samples| levels(&[(round.clone(), 0), (trees[1].clone(), samples)]);
        assert_eq!((of(100), of(3000)), (vec![O2, O2], vec![O1, O2]), "nobody counts its rounds");
    }

    #[test]
    fn cold_side_traces_are_compiled_quickly_with_all_that_grows_from_them() {
        let t = tree(vec![
            branch(None, 1, 9, 10_000),
            branch(Some((0, 0)), 1, 9, 90),
            branch(Some((1, 0)), 1, 9, 2),
            branch(Some((1, 1)), 1, 9, 5),
            branch(Some((0, 1)), 1, 9, 3),
            branch(Some((4, 1)), 1, 1, 4),
        ]);
        let cold = |t: &Tree, samples| efforts(Level::O2, &[(t.clone(), samples)], 0)[0].cold.clone();
        let all_but_two = [false, false, true, true, true, true];
        assert_eq!((cold(&t, 0), cold(&t, 80)), (all_but_two.to_vec(), all_but_two.to_vec()));
        let mut more = t.clone();
        more.branches[5].entries = 40;
        assert_eq!(cold(&more, 0), [false, false, true, true, false, false], "what grows from the fifth is too much");
        more.branches[5] = t.branches[5].clone();
        more.branches[5].trace.link = Link::Loop;
        assert_eq!(cold(&more, 0), [false, false, true, true, false, false], "nobody counts rounds");
        assert_eq!(cold(&more, 3000), all_but_two);
        more.branches[5].trace.link = Link::Interp;
        more.branches[5].entries = 40;
        let most = efforts(Level::O2, &[(more, 80)], 160);
        assert_eq!(most[0].cold, all_but_two, "most of the time is the library's");
    }

    #[test]
    fn the_coldest_ends_of_large_trees_are_cut() {
        let (p, own) = program("return 1");
        let t = tree(vec![
            branch(None, own, MAX_GUARDS / 2, 100),
            branch(Some((0, 0)), own, MAX_GUARDS / 4, 9),
            branch(Some((1, 0)), own, MAX_GUARDS / 4, 4),
            branch(Some((1, 1)), own, MAX_GUARDS / 4, 2),
            branch(Some((0, 1)), own, MAX_GUARDS / 4, 3),
        ]);
        let mut drops = Vec::new();
        let kept = choose(t, &p, Scale::Work, &mut drops).expect("the root stays");
        assert_eq!(kept.branches.iter().map(|b| b.entries).collect::<Vec<_>>(), [100, 9, 4]);
        assert_eq!((drops[0].reason.as_str(), drops[0].traces), ("too large", 2));
        let alone = tree(vec![branch(None, own, MAX_GUARDS * 2, 1)]);
        assert_eq!(choose(alone.clone(), &p, Scale::Work, &mut drops), Some(alone), "a root is never cut");
    }
}

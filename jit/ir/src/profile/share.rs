//! What part of a profile something is: shares of trees, comparing, trimming, what still applies to sources.
//!
//! The weight of a root is its samples; in profiles without samples of compiled code, the entries of its trees. Within a tree, traces weigh
//! what they were entered.

use super::{Profile, Spent};
use crate::konst::{Const, ProtoKey};
use crate::trace::Trace;
use crate::tree::{Branch, RootKey, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a root between two profiles. Shares are of all compiled code, 1 at most; nothing where the root has no tree.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// The root.
    pub key: RootKey,
    /// Its share before.
    pub before: Option<f64>,
    /// Its share after.
    pub after: Option<f64>,
}

/// What of a profile applies to certain prototypes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Coverage {
    /// Share of the weight that applies, 0 to 1; 1 of an empty profile.
    pub share: f64,
    /// Roots all of whose traces apply.
    pub whole: usize,
    /// Roots some of whose traces do not: with the share of all weight that is lost.
    pub part: Vec<(RootKey, f64)>,
    /// Roots that do not: with their share.
    pub stale: Vec<(RootKey, f64)>,
}

/// Visits the prototypes that a trace relies on.
pub fn protos(t: &Trace) -> impl Iterator<Item = ProtoKey> + '_ {
    t.consts.iter().filter_map(|c| match c {
        Const::Pc(k, _) | Const::Proto(k) | Const::Templ(k, _) => Some(*k),
        _ => None,
    })
}

fn entries(t: &Tree) -> u64 {
    t.branches.iter().fold(0, |n, b| n.saturating_add(b.entries))
}

impl Profile {
    /// Returns the weight of each root that has trees.
    pub fn weights(&self) -> BTreeMap<RootKey, u64> {
        let sampled = self.time.keys().any(|s| matches!(s, Spent::Root(_)));
        let mut out: BTreeMap<RootKey, u64> = BTreeMap::new();
        if sampled {
            out.extend(self.roots().map(|k| (k, self.time.get(&Spent::Root(k)).copied().unwrap_or(0))));
        } else {
            for t in self.trees() {
                let n = out.entry(t.key).or_default();
                *n = n.saturating_add(entries(&t));
            }
        }
        out
    }

    /// Returns the share of each root: 1 in sum, or all 0.
    pub fn shares(&self) -> BTreeMap<RootKey, f64> {
        let weights = self.weights();
        let all: f64 = weights.values().map(|n| *n as f64).sum();
        weights.into_iter().map(|(k, n)| (k, if all > 0.0 { n as f64 / all } else { 0.0 })).collect()
    }

    /// Compares with a later profile: all roots of both.
    pub fn diff(&self, later: &Profile) -> Vec<Change> {
        let (before, after) = (self.shares(), later.shares());
        let keys: BTreeSet<RootKey> = before.keys().chain(after.keys()).copied().collect();
        let change = |key| Change { key, before: before.get(&key).copied(), after: after.get(&key).copied() };
        keys.into_iter().map(change).collect()
    }

    /// Drops trees, and side traces with all below them, whose share of the whole is less than `least`; and what is said of places that are
    /// in no tree then. Says how many trees and how many side traces of others went.
    pub fn trim(&mut self, least: f64) -> (usize, usize) {
        let shares = self.shares();
        let (mut trees, mut sides) = (0, 0);
        let mut of_root: BTreeMap<RootKey, u64> = BTreeMap::new();
        let all = self.trees();
        for t in &all {
            let n = of_root.entry(t.key).or_default();
            *n = n.saturating_add(entries(t));
        }
        self.forest = super::Forest::default();
        for mut t in all {
            let share = shares.get(&t.key).copied().unwrap_or(0.0);
            let root = of_root.get(&t.key).copied().unwrap_or(0).max(1) as f64;
            // Weight of each trace with all below it.
            let mut below: Vec<u64> = t.branches.iter().map(|b| b.entries).collect();
            for i in (1..below.len()).rev() {
                if let Some((p, _)) = t.branches[i].parent {
                    below[p] = below[p].saturating_add(below[i]);
                }
            }
            if share * (below[0] as f64 / root) < least {
                trees += 1;
                continue;
            }
            sides += t.retain(|i, _| i == 0 || share * (below[i] as f64 / root) >= least);
            self.add(t);
        }
        self.forget();
        (trees, sides)
    }

    /// Drops what is said of places and prototypes that no tree and no abort names.
    fn forget(&mut self) {
        let roots: BTreeSet<RootKey> = self.roots().collect();
        self.time.retain(|s, _| !matches!(s, Spent::Root(k) if !roots.contains(k)));
        self.types.retain(|(k, ..), _| roots.contains(k));
        let mut named: BTreeSet<ProtoKey> = BTreeSet::new();
        for t in self.trees() {
            named.extend(t.branches.iter().flat_map(|b| protos(&b.trace)));
        }
        named.extend(self.aborts.keys().flat_map(|g| [g.root.proto, g.at.proto]));
        self.origins.retain(|k, _| named.contains(k));
        self.lines.retain(|k, _| named.contains(&k.proto));
    }

    /// Says what applies where prototypes with these hashes are. Each root counts by its heaviest tree ([`Profile::chosen`]).
    pub fn coverage(&self, is_known: &dyn Fn(u64) -> bool) -> Coverage {
        let shares = self.shares();
        let mut out = Coverage::default();
        let (mut good, mut all) = (0.0, 0.0);
        for mut t in self.chosen() {
            let (key, before) = (t.key, entries(&t));
            let share = shares.get(&key).copied().unwrap_or(0.0);
            all += share;
            let applies = |b: &Branch| {
                let target = b.target.map(|k| k.proto);
                protos(&b.trace).chain(target).all(|p| is_known(p.hash))
            };
            if !applies(&t.branches[0]) {
                out.stale.push((key, share));
                continue;
            }
            if t.retain(|_, b| applies(b)) == 0 {
                out.whole += 1;
                good += share;
            } else {
                let kept = entries(&t) as f64 / before.max(1) as f64;
                good += share * kept;
                out.part.push((key, share * (1.0 - kept)));
            }
        }
        out.share = if all > 0.0 { good / all } else { 1.0 };
        out
    }
}

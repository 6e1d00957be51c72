//! From traces and their counters to a profile.

use super::super::engine::{Engine, Live};
use super::super::place;
use super::super::view::View;
use abi::hash::FastMap;
use heap::{ProtoObj, Vm};
use ir::profile::{Origin, Profile, protos};
use ir::tree::{Branch, RootKey, Tree};
use ir::{Const, Link, ProtoKey, Start};
use jit::subject::{P, Subject};

/// Flushes whose traces are all kept; of later ones every so many, fewer and fewer.
const FLUSHES: u32 = 64;

/// Entries of roots from other traces, by number.
type Linked = FastMap<u32, u64>;

impl Engine {
    /// Collects the profile of what is compiled now.
    pub(super) fn collect(&self, vm: &Vm) -> Profile {
        let mut out = Profile::default();
        let linked = self.linked();
        for live in self.traces.iter().flatten().filter(|t| t.root == t.number && !t.dying) {
            let tree = if live.aot { self.precompiled(vm, live, &linked) } else { self.tree(vm, live, &linked) };
            if let Some(tree) = tree {
                self.add(tree, &mut out);
            }
        }
        if let Some(output) = &self.watch.profile {
            for k in output.kept.aborts.keys() {
                self.name(k.root, &mut out);
                self.name(k.at, &mut out);
            }
            output.kept.types.keys().for_each(|k| self.name(k.0, &mut out));
        }
        out
    }

    fn add(&self, tree: Tree, out: &mut Profile) {
        self.name(tree.key, out);
        for b in &tree.branches {
            protos(&b.trace).for_each(|p| self.origin(p, out));
            if let Some(Const::Pc(proto, pc)) = b.trace.as_const(b.trace.pc) {
                self.name(RootKey { proto: *proto, pc: *pc }, out);
            }
        }
        out.add(tree);
    }

    /// All traces are about to be flushed.
    pub(crate) fn keep_all(&mut self, vm: &Vm) {
        let Some(output) = &mut self.watch.profile else { return };
        output.flushes = output.flushes.saturating_add(1);
        if output.flushes <= FLUSHES || output.flushes.is_power_of_two() {
            let now = self.collect(vm);
            self.keep(now);
        }
    }

    /// Traces are about to be freed. (Of side traces that go without their tree nothing is kept.)
    pub(crate) fn keep_some(&mut self, vm: &Vm, doomed: &[u32]) {
        if self.watch.profile.is_none() {
            return;
        }
        let mut now = Profile::default();
        let linked = self.linked();
        for &number in doomed {
            if let Some(Some(live)) = self.traces.get(number as usize)
                && live.root == number
                && !live.aot
                && let Some(tree) = self.tree(vm, live, &linked)
            {
                self.add(tree, &mut now);
            }
        }
        self.keep(now);
    }

    fn keep(&mut self, what: Profile) {
        if let Some(output) = &mut self.watch.profile {
            output.kept.merge(what);
        }
    }

    /// Puts the place of an instruction into a profile, if it is known.
    pub(super) fn name(&self, key: RootKey, out: &mut Profile) {
        let Some(p) = self.names.borrow().proto(key.proto) else { return };
        self.origin(key.proto, out);
        let line = place::line(p, key.pc);
        // SAFETY: named prototypes are alive until they are swept from the names.
        let first = unsafe { (*p.cast::<ProtoObj>()).first_line };
        if line != 0 {
            out.lines.insert(key, line.saturating_sub(first));
        }
    }

    fn origin(&self, key: ProtoKey, out: &mut Profile) {
        if out.origins.contains_key(&key) {
            return;
        }
        let Some(p) = self.names.borrow().proto(key) else { return };
        // SAFETY: as above.
        let (line, size) = unsafe { ((*p).first_line, (*p).size_bc) };
        out.origins.insert(key, Origin { chunk: place::chunk_name(p).to_vec(), line, size });
    }

    /// Returns the root that a trace belongs to.
    pub(super) fn root_of(&self, vm: &Vm, trace: u32) -> Option<RootKey> {
        let root = self.traces.get(trace as usize)?.as_ref()?.root;
        self.key_of(vm, self.traces.get(root as usize)?.as_ref()?)
    }

    fn key_of(&self, vm: &Vm, root: &Live) -> Option<RootKey> {
        let (proto, pc) = root.place;
        (proto != 0).then(|| RootKey { proto: View::of(vm, self).key(P(proto)), pc })
    }

    fn tree(&self, vm: &Vm, root: &Live, linked: &Linked) -> Option<Tree> {
        let mut tree = Tree { key: self.key_of(vm, root)?, branches: Vec::new() };
        self.grow(vm, &mut tree, root, None, linked);
        (!tree.branches.is_empty()).then_some(tree)
    }

    /// Returns how often a trace was entered; a root by the interpreter.
    fn entered(&self, live: &Live) -> u64 {
        match &live.entered {
            Some(n) => n.get(),
            None => self.entries.get(live.number as usize).map_or(0, |e| e.entries.into()),
        }
    }

    /// Returns how often each exit was taken, those that side traces continue included.
    fn exits(&self, live: &Live) -> Vec<u64> {
        let mut exits: Vec<u64> = live.counts.iter().map(|n| u64::from(*n)).collect();
        for (n, quick) in exits.iter_mut().zip(&live.quick) {
            *n += quick.as_ref().map_or(0, |q| u64::from(q.uncounted()));
        }
        for (n, &side) in exits.iter_mut().zip(&live.sides) {
            if let Some(Some(side)) = self.traces.get(side as usize).filter(|_| side != 0) {
                *n += self.entered(side);
            }
        }
        exits
    }

    /// Returns how often roots were entered from traces that link to them: these were entered and not left.
    fn linked(&self) -> Linked {
        let mut out = Linked::default();
        // Side traces first: roots that link to others may be entered from them.
        for is_root in [false, true] {
            for t in self.traces.iter().flatten().filter(|t| (t.root == t.number) == is_root && !t.aot) {
                let Link::Root(to) = t.trace.link else { continue };
                let from = out.get(&t.number).copied().unwrap_or(0);
                let through = (self.entered(t) + from).saturating_sub(total(&self.exits(t)));
                *out.entry(to).or_default() += through;
            }
        }
        out
    }

    fn grow(&self, vm: &Vm, tree: &mut Tree, live: &Live, parent: Option<(usize, u32)>, linked: &Linked) {
        let target = match live.trace.link {
            Link::Root(n) => {
                let root = self.traces.get(n as usize).and_then(Option::as_ref);
                match root.and_then(|t| self.key_of(vm, t)) {
                    Some(k) => Some(k),
                    None => return,
                }
            }
            _ => None,
        };
        if matches!(live.trace.start, Start::Root) != parent.is_none() {
            return;
        }
        let entries = self.entered(live) + linked.get(&live.number).copied().unwrap_or(0);
        let mut exits = self.exits(live);
        // An end in the interpreter is counted a few times only: what did not leave elsewhere was left there.
        if let (Link::Interp, Some((end, others))) = (live.trace.link, exits.split_last_mut()) {
            *end = (*end).max(entries.saturating_sub(total(others)));
        }
        let at = tree.branches.len();
        tree.branches.push(Branch { trace: live.trace.unpack(), parent, target, entries, exits });
        for (exit, &side) in live.sides.iter().enumerate().filter(|(_, n)| **n != 0) {
            if let Some(Some(t)) = self.traces.get(side as usize) {
                self.grow(vm, tree, t, Some((at, exit as u32)), linked);
            }
        }
    }

    /// Returns a precompiled tree that was entered, with the live traces that continue its exits.
    fn precompiled(&self, vm: &Vm, live: &Live, linked: &Linked) -> Option<Tree> {
        let i = self.row_of(live.number)?;
        let ways = self.aot.ways(i);
        let entries = self.entered(live) + linked.get(&live.number).copied().unwrap_or(0);
        if ways.is_empty() {
            return None;
        }
        let mut tree = self.read_tree(i)?.tree;
        if tree.check().is_err() {
            return None;
        }
        let before = from_outside(&tree);
        for b in &mut tree.branches {
            let part = u128::from(b.entries) * u128::from(entries) / u128::from(before);
            b.entries = u64::try_from(part).unwrap_or(u64::MAX);
            b.exits.fill(0);
        }
        for (way, n) in ways.iter().zip(&live.counts) {
            let (branch, exit) = way.from;
            let count = tree.branches.get_mut(branch as usize).and_then(|b| b.exits.get_mut(exit as usize));
            if let Some(count) = count {
                *count += u64::from(*n) + u64::from(way.uncounted());
            }
        }
        for i in (0..tree.branches.len()).rev() {
            let b = &mut tree.branches[i];
            // Other trees jump to its root without being counted.
            b.entries = b.entries.max(total(&b.exits));
            let n = b.entries;
            if let Some((p, exit)) = b.parent {
                let count = &mut tree.branches[p].exits[exit as usize];
                *count = count.saturating_add(n);
            }
        }
        if tree.branches[0].entries == 0 {
            return None;
        }
        for (way, &side) in ways.iter().zip(&live.sides).filter(|(_, n)| **n != 0) {
            let (branch, exit) = (way.from.0 as usize, way.from.1);
            // Where objects were rebuilt a live trace finds them; a branch would have to make them.
            if tree.side(branch, exit).is_some() || rebuilds(&tree.branches[branch].trace, exit) {
                continue;
            }
            if let Some(Some(t)) = self.traces.get(side as usize) {
                let count = &mut tree.branches[branch].exits[exit as usize];
                *count = count.saturating_add(self.entered(t));
                self.grow(vm, &mut tree, t, Some((branch, exit)), linked);
            }
        }
        Some(tree)
    }
}

/// Adds counts; those of texts may be anything.
fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |n, m| n.saturating_add(*m))
}

/// Returns how often a tree was entered, not counting the rounds that lead from its side traces back to its root.
fn from_outside(t: &Tree) -> u64 {
    let back = |b: &Branch| b.entries.saturating_sub(total(&b.exits));
    let rounds: Vec<u64> = t.branches.iter().filter(|b| b.target == Some(t.key)).map(back).collect();
    t.branches[0].entries.saturating_sub(total(&rounds)).max(1)
}

/// Says whether an exit rebuilds objects.
fn rebuilds(t: &ir::Trace, snap: u32) -> bool {
    t.snaps[snap as usize].entries.iter().any(|(_, r)| r.is_ins() && t.ins[r.index()].is_sunk())
}

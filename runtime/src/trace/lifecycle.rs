//! How traces end: taken from their places, freed one by one when room is short, flushed; and what the collector has to know.
//!
//! A trace is *dropped* when the bytecode does not lead to it any more: others may still jump to it. It is *freed* when nothing does:
//! the whole tree goes, and all traces that jump into it with theirs; exits of parents get their stubs back. Where room is short the tree goes that was
//! entered least lately (counters that are halved from time to time). While compiled code is on the native stack nothing is freed: after a flush
//! traces are *dying* until the last one has returned; their exits work as ever.
//!
//! Invariant: a freed trace has no entry, no place, and no jump to it.
//! Invariant: what is keyed by a prototype's address goes when the collector frees the prototype ([`Engine::sweep`]).

use super::engine::{Engine, Live, State};
use abi::tag;
use heap::vm::TraceEntry;
use heap::{ProtoObj, Value, Vm};
use ir::{Link, Start};

/// Heat of a new trace, so that it is not the first to go.
pub(crate) const FRESH: u32 = 64;

/// Bytes that the collector counts for each object a trace refers to: about what marking as much of the heap costs. More saves time in programs with
/// many traces and few objects (with 512 `inspect_argparse` takes 5 % less), but their memory grows.
const TRACE_BYTES: usize = 160;

impl Engine {
    /// Takes a root trace from its loop or function. Other traces may jump to its code, and exits of its side traces are still found.
    pub(crate) fn drop_root(&mut self, vm: &Vm, number: u32) {
        let Some(Some(live)) = self.traces.get(number as usize) else { return };
        let (place, root) = (live.place, live.root);
        // Precompiled trees have their place before they have code.
        let placed = live.aot && place.0 != 0;
        let Some(entry) = self.entries.get_mut(number as usize) else { return };
        if root != number || entry.entry.is_none() && !placed {
            return;
        }
        // SAFETY: traces keep their prototypes alive.
        unsafe {
            let pc = ProtoObj::bc(place.0 as *const ProtoObj).cast_mut().add(place.1 as usize);
            interp::jit::unpatch(vm, pc, number as u16);
        }
        entry.entry = None;
        self.roots.remove(&place);
        if placed {
            self.forget_tree(number);
        }
        self.renew_links(place);
    }

    /// Frees all traces: bytecode is as it was; code that still runs finds its exits. What is known of places stays, for programs that
    /// flush again and again.
    pub(crate) fn flush(&mut self, vm: &mut Vm) {
        self.keep_all(vm);
        self.watch.flushed(vm, &self.traces, &self.entries);
        for number in 0..self.traces.len() as u32 {
            self.drop_root(vm, number);
        }
        for live in self.traces.iter_mut().flatten() {
            // What waits for its function to be loaded is no trace yet.
            live.dying = !self.aot.is_absent(live);
        }
        self.roots.clear();
        self.left.clear();
        self.bury(vm);
        if vm.jit.depth > 0 {
            interp::jit::request_attention(vm);
        }
    }

    /// Frees the dying, if nothing runs.
    pub(crate) fn bury(&mut self, vm: &mut Vm) {
        if vm.jit.depth > 0 {
            return;
        }
        for number in 0..self.traces.len() {
            if self.traces[number].as_ref().is_some_and(|t| t.dying) {
                self.release(number as u32);
            }
        }
        if self.traces.iter().all(Option::is_none) {
            self.traces.clear();
            self.entries.clear();
            self.vacant.clear();
        }
        self.show(vm);
    }

    /// Gives back what a trace has. Nothing leads to it.
    fn release(&mut self, number: u32) {
        let Some(live) = self.traces[number as usize].take() else { return };
        if let Some(exit) = live.tree {
            self.aot.lead(exit, None);
        }
        if live.code.1 != 0 {
            self.arena.free(live.code.0, live.code.1);
        }
        self.entries[number as usize] = TraceEntry::default();
        self.vacant.push(number);
    }

    /// Says whether a trace of about so many bytes has room. Frees cold trees for it, but none that `kept` are part of.
    pub(crate) fn make_room(&mut self, vm: &mut Vm, bytes: usize, kept: &[u32]) -> bool {
        if !self.has_code_memory(vm) {
            return false;
        }
        if vm.jit.depth == 0 && self.traces.iter().flatten().any(|t| t.dying) {
            self.bury(vm);
        }
        if self.has_room(bytes) {
            return true;
        }
        // Without budget new traces would only drive others out.
        if vm.jit.depth > 0 || !self.budget.allows() {
            return false;
        }
        self.cool();
        while !self.has_room(bytes) {
            if !self.free_coldest(vm, kept) {
                return false;
            }
        }
        self.show(vm);
        true
    }

    fn has_room(&self, bytes: usize) -> bool {
        let most = (self.params.maxtrace as usize + self.aot.len()).min(60_000);
        let number = self.entries.len().saturating_sub(1).saturating_sub(self.vacant.len()) < most;
        number && self.arena.used() + bytes <= self.arena.limit()
    }

    /// Halves what was, adds what was since.
    fn cool(&mut self) {
        for live in self.traces.iter_mut().flatten() {
            if live.root == live.number {
                let entries = self.entries.get(live.number as usize).map_or(0, |e| e.entries);
                let now = entries.wrapping_add(live.account.exits);
                live.heat = live.heat / 2 + now.wrapping_sub(live.seen).min(1 << 24);
                live.seen = now;
            }
        }
    }

    /// Frees the tree that was entered least; says whether there was one.
    fn free_coldest(&mut self, vm: &mut Vm, kept: &[u32]) -> bool {
        let mut trees: Vec<(bool, u32, u32)> = self
            .traces
            .iter()
            .flatten()
            // Precompiled code takes no room, its side traces do.
            .filter(|t| t.root == t.number && (!t.aot || t.nside > 0))
            // What was dropped goes first.
            .map(|t| (self.roots.get(&t.place).is_some_and(|r| r.0 == t.number), t.heat, t.number))
            .collect();
        trees.sort_unstable();
        for (_, _, root) in trees {
            let doomed = self.dependants(self.parts(root));
            if !kept.iter().any(|k| doomed.contains(k)) {
                self.free(vm, &doomed);
                return true;
            }
        }
        false
    }

    /// Returns what to free of a tree: the root, or the side traces of a precompiled one.
    fn parts(&self, root: u32) -> Vec<u32> {
        match self.row_of(root) {
            Some(_) => self.traces.iter().flatten().filter(|t| t.root == root && !t.aot).map(|t| t.number).collect(),
            None => vec![root],
        }
    }

    /// Returns traces and all that cannot be without them: their side traces, what jumps to them, and so on.
    fn dependants(&self, mut list: Vec<u32>) -> Vec<u32> {
        let mut done = 0;
        while let Some(&n) = list.get(done) {
            done += 1;
            for t in self.traces.iter().flatten() {
                let below = matches!(t.trace.start, Start::Side(parent, _) if parent == n);
                if (below || t.trace.link == Link::Root(n)) && !list.contains(&t.number) {
                    list.push(t.number);
                }
            }
        }
        list
    }

    /// Frees traces that nothing else jumps to.
    fn free(&mut self, vm: &mut Vm, doomed: &[u32]) {
        self.keep_some(vm, doomed);
        for &number in doomed {
            self.drop_root(vm, number);
        }
        for &number in doomed {
            let Some(Some(live)) = self.traces.get(number as usize) else { continue };
            let (start, root) = (live.trace.start, live.root);
            self.watch.freed(number, live, self.entries.get(number as usize));
            if let Start::Side(parent, exit) = start
                && !doomed.contains(&parent)
            {
                self.unlink(number, parent, exit);
                if let Some(Some(root)) = self.traces.get_mut(root as usize) {
                    root.nside = root.nside.saturating_sub(1);
                }
            }
        }
        for &number in doomed {
            self.release(number);
        }
    }

    /// Has an exit lead to its stub again.
    fn unlink(&mut self, number: u32, parent: u32, exit: u32) {
        let Some(Some(live)) = self.traces.get_mut(number as usize) else { return };
        for (site, bytes) in std::mem::take(&mut live.undo) {
            self.arena.patch(site, &bytes);
        }
        if let Some(exit) = live.tree.take() {
            self.aot.lead(exit, None);
        }
        self.arena.synchronise();
        if let Some(Some(parent)) = self.traces.get_mut(parent as usize) {
            parent.sides[exit as usize] = 0;
            parent.counts[exit as usize] = 0;
            parent.tries[exit as usize] = 0;
        }
    }

    /// Returns an unused number for a trace.
    pub(crate) fn next_number(&self) -> u32 {
        self.vacant.last().copied().unwrap_or(self.entries.len().max(1) as u32)
    }

    /// Puts a trace and its row at a number from [`Engine::next_number`].
    pub(crate) fn place(&mut self, number: u32, live: Box<Live>, entry: TraceEntry) {
        if self.vacant.last() == Some(&number) {
            self.vacant.pop();
        }
        while self.entries.len() <= number as usize {
            self.entries.push(TraceEntry::default());
            self.traces.push(None);
        }
        self.traces[number as usize] = Some(live);
        self.entries[number as usize] = entry;
    }

    /// Tells the interpreter where the table of traces is.
    pub(crate) fn show(&mut self, vm: &mut Vm) {
        vm.jit.traces = self.entries.as_mut_ptr();
        vm.jit.ntraces = self.entries.len() as u32;
    }

    // ---- collector ----

    /// Hands everything that must stay alive to the collector, at the start and at the end of its marking: traces made in between are
    /// found then. Returns how many bytes the collector is to count for the traces.
    pub(crate) fn mark(&mut self, vm: &Vm, visit: &mut dyn FnMut(Value)) -> usize {
        let mut bytes = 0;
        let proto = |p: u64| Value(p | tag::PROTO << tag::SHIFT);
        for live in self.traces.iter().flatten() {
            bytes += TRACE_BYTES * live.roots.len();
            live.roots.iter().for_each(|v| visit(*v));
            if live.place.0 != 0 {
                visit(proto(live.place.0));
            }
        }
        stdlib::jit::events::mark(vm, visit);
        match &self.state {
            State::Idle => {}
            State::Pending(p) => visit(proto(p.proto.0)),
            // It knows prototypes by their names, and strings by their addresses.
            State::Recording(..) => {
                let names = self.names.borrow();
                names.visit(&mut |p| visit(proto(p)));
                names.strings(visit);
            }
        }
        bytes
    }

    /// The collector has marked and is about to free: forgets what is known of objects that go.
    pub(crate) fn sweep(&mut self, alive: &dyn Fn(u64) -> bool) {
        let recording = matches!(self.state, State::Recording(..));
        self.names.borrow_mut().sweep(alive, recording);
        self.penalties.sweep(alive);
        self.left.retain(|(p, _), _| alive(*p));
        self.watch.sweep(alive);
    }
}

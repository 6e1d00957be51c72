//! Slots that are held in values while a function goes round: their stores are in its exits.
//!
//! ```text
//! start: %h = phi [ slot, way in ], [ value, way round ] ⟲ ─guard fails─► exit: store %h, and what the branch has made ─► leave
//! ```
//!
//! A way to a start says what slots have become. What ways say is held: the start has a phi of it, and nothing is stored. So memory has what slots
//! were before, and whoever needs them there stores them first: exits, links to other functions, and instructions that may read or write the
//! stack ([`carried::writes_stack`]; from then on memory is right, and the branch is not *quiet* any more).
//!
//! A slot is held as a value of its type if all ways agree, as a double if all have numbers, as 64 bits otherwise, or where one way has it in memory.
//!
//! Slots below the frame that a start begins with are not held. Starts that are reached mostly from outside, or by ways that are not quiet, hold
//! nothing: they would load what was just stored.

use super::block::STACK;
use super::carried::{self, LOWEST};
use super::exits::State;
use super::parts::{Part, Table};
use super::{Branching, Lowerer, Refusal, Val, block};
use ir::tree::Tree;
use ir::{Link, Ref, Trace, Ty, sunk};
use std::collections::BTreeMap;

/// Slots that a start holds at most.
const MAX_HELD: usize = 40;

/// A slot that is held.
#[derive(Clone)]
pub(crate) struct Held {
    pub slot: i32,
    /// Type of the value. Num and Link of what is not sure are a slot's bits.
    ty: Ty,
    /// The slot has this type.
    sure: bool,
    name: String,
}

/// What is known of a slot on ways.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value of a type.
    Of(Ty),
    /// It is in memory.
    Memory,
    /// Numbers, or memory.
    Double,
    /// Anything.
    Bits,
}

impl Kind {
    fn join(self, other: Kind) -> Kind {
        use Kind::*;
        let number = |k| matches!(k, Of(Ty::Int | Ty::Num));
        match (self, other) {
            (a, b) if a == b => a,
            (a, b) if number(a) && number(b) => Of(Ty::Num),
            (a, b) if [a, b].iter().all(|k| number(*k) || matches!(k, Memory | Double)) => Double,
            _ => Bits,
        }
    }
}

/// A way from a part to another, as the tree says.
struct Path {
    from: usize,
    to: usize,
    /// Slots between their frames.
    moved: i32,
    /// Nothing on it writes the stack.
    quiet: bool,
    entries: u64,
    slots: BTreeMap<i32, Kind>,
}

/// Decides what parts hold.
pub(super) fn plan(tables: &[Table<'_>], parts: &mut [Part]) {
    let paths = paths(tables, parts);
    let mut kinds: Vec<BTreeMap<i32, Option<Kind>>> = vec![BTreeMap::new(); parts.len()];
    let into = |p: usize| paths.iter().filter(move |w| w.to == p);
    let worth = |p: usize| {
        let count = |quiet: bool| into(p).filter(|w| w.quiet == quiet).map(|w| w.entries + 1).sum::<u64>();
        let (quiet, other) = (count(true), count(false));
        // Nobody comes from outside but to the first.
        let entered = if p == 0 { tables[parts[p].member].tree.branches[0].entries } else { 0 };
        quiet > other + entered.saturating_sub(quiet + other)
    };
    let holds: Vec<bool> = (0..parts.len()).map(worth).collect();
    for w in paths.iter().filter(|w| holds[w.to]) {
        kinds[w.to].extend(w.slots.keys().map(|s| (*s, None)));
    }
    // What a part holds stays held in those it goes to.
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for w in paths.iter().filter(|w| w.quiet && w.moved == 0 && holds[w.to]) {
            let before = kinds[w.to].len();
            let more: Vec<i32> = kinds[w.from].keys().copied().collect();
            for s in more {
                kinds[w.to].entry(s).or_insert(None);
            }
            changed |= kinds[w.to].len() > before;
        }
    }
    for k in &mut kinds {
        if k.len() > MAX_HELD {
            k.clear();
        }
    }
    for k in kinds.first_mut().into_iter().flat_map(|k| k.values_mut()) {
        *k = Some(Kind::Memory);
    }
    changed = true;
    while std::mem::take(&mut changed) {
        for w in &paths {
            let slots: Vec<i32> = kinds[w.to].keys().copied().collect();
            for s in slots {
                let kept = kinds[w.from].get(&(s + w.moved)).filter(|_| w.quiet);
                let Some(comes) = w.slots.get(&s).copied().map_or(kept.copied().unwrap_or(Some(Kind::Memory)), Some)
                else {
                    continue;
                };
                let has = kinds[w.to].get(&s).copied().flatten();
                let joined = has.map_or(comes, |k| k.join(comes));
                changed |= has != Some(joined);
                kinds[w.to].insert(s, Some(joined));
            }
        }
    }
    for (i, (part, kinds)) in parts.iter_mut().zip(kinds).enumerate() {
        let held = kinds.into_iter().enumerate().map(|(n, (slot, kind))| {
            let (ty, sure) = match kind {
                Some(Kind::Of(ty)) => (ty, true),
                Some(Kind::Double) => (Ty::Num, false),
                _ => (Ty::Link, false),
            };
            Held { slot, ty, sure, name: format!("%h{i}.{n}") }
        });
        part.held = held.collect();
    }
}

fn paths(tables: &[Table<'_>], parts: &[Part]) -> Vec<Path> {
    let mut out = Vec::new();
    for (from, part) in parts.iter().enumerate() {
        let tree = tables[part.member].tree;
        for (n, b) in tree.branches.iter().enumerate() {
            let target = b.target.filter(|_| matches!(b.trace.link, Link::Root(_)));
            let linked = || parts.iter().position(|p| Some(tables[p.member].tree.key) == target);
            let to = if carried::comes_back(tree, n) { Some(part.own) } else { linked() };
            let (Some(to), Some(snap)) = (to, b.trace.snaps.last()) else { continue };
            let slots = snap.entries.iter().map(|&(s, r)| (s - snap.base, kind(&b.trace, r)));
            let slots = slots.filter(|s| s.0 >= LOWEST).collect();
            out.push(Path { from, to, moved: snap.base, quiet: is_quiet(tree, n), entries: b.entries, slots });
        }
    }
    out
}

/// Says whether nothing from the start to the end of a branch writes the stack.
fn is_quiet(tree: &Tree, mut branch: usize) -> bool {
    loop {
        let b = &tree.branches[branch];
        if !carried::is_quiet(&b.trace) {
            return false;
        }
        match b.parent {
            Some((p, _)) => branch = p,
            None => return true,
        }
    }
}

fn kind(t: &Trace, r: Ref) -> Kind {
    let ty = t.as_const(r).map_or(t.ty(r), |c| c.ty());
    if ty.is_pri() || sunk::is_sunk(t, r) { Kind::Bits } else { Kind::Of(ty) }
}

impl Held {
    /// Returns its value.
    pub fn known(&self) -> Val {
        Val { text: self.name.as_str().into(), ty: self.ty }
    }
}

impl Lowerer<'_> {
    /// Says whether a branch has the slots of its part in values.
    pub(super) fn holds(&self, b: &Branching) -> bool {
        b.quiet && b.base == self.parts[self.open].base
    }

    /// Returns value and bit of a slot that is held, as an SLOAD wants it.
    pub(super) fn held(&mut self, b: &Branching, slot: i32, as_: (Ty, bool), guard: bool) -> Option<(String, String)> {
        if !self.holds(b) {
            return None;
        }
        let h = self.parts[self.open].held.iter().find(|h| h.slot == slot)?.clone();
        Some(self.unheld(&h, as_, guard))
    }

    pub(super) fn unheld(&mut self, h: &Held, (ty, convert): (Ty, bool), guard: bool) -> (String, String) {
        let yes = || "true".to_string();
        let whole = ty != Ty::Int || convert;
        match (h.ty, ty) {
            (x, y) if h.sure && x == y && whole => return (h.name.clone(), yes()),
            (Ty::Int, Ty::Num) if h.sure => {
                return (self.f.let_(format_args!("sitofp i32 {} to double", h.name)), yes());
            }
            _ => {}
        }
        let raw = match h.ty {
            Ty::Num | Ty::Link => h.known(),
            _ => Val { text: self.boxed(&h.known()).into(), ty: Ty::Link },
        };
        self.unbox(&raw, (ty, convert), guard)
    }

    /// Stores what is held, as memory must be right from here on.
    pub(super) fn flush(&mut self, b: &mut Branching) {
        self.sync(b);
        b.quiet = false;
        b.blocks.clear();
    }

    /// Stores what is held, for who reads it in memory.
    pub(super) fn sync(&mut self, b: &Branching) {
        if self.holds(b) {
            for h in self.parts[self.open].held.clone() {
                self.store_held(&b.base, &h);
            }
        }
    }

    /// Stores all slots of a state.
    pub(super) fn store_all(&mut self, base: &str, state: &State) {
        self.store_slots(base, &state.slots);
        for h in self.under(state) {
            self.store_held(base, &h);
        }
    }

    fn store_held(&mut self, base: &str, h: &Held) {
        let at = self.at_offset(base, i64::from(h.slot) * 8);
        self.store_boxed(&h.known(), &at, STACK);
    }

    /// Lists what is held and not said by a state itself.
    pub(super) fn under(&self, state: &State) -> Vec<Held> {
        let held = state.under.map(|p| &self.parts[p].held).into_iter().flatten();
        held.filter(|h| !state.slots.contains_key(&h.slot)).cloned().collect()
    }

    /// Goes on if `ok`; else stores a state (once for all that asks so, at `label`) and leaves by exit 0 of a part.
    pub(super) fn turn_back_with(
        &mut self,
        ok: &str,
        (base, part): (&str, usize),
        (old, state): (&str, &State),
        label: &mut Option<String>,
    ) {
        let first = label.is_none();
        let to = label.get_or_insert_with(|| self.f.label()).clone();
        self.guard(ok, &to, 1);
        if first {
            let here = self.f.current();
            self.f.begin(&to);
            self.store_all(old, state);
            self.turned.push((part, to, base.into()));
            self.f.line(format_args!("br label %{}", self.parts[part].back.clone()));
            self.f.reopen(&here);
        }
    }

    /// Gives what part `to` holds, on a way with a state whose frame is `moved` below the next one's base; the rest is stored.
    pub(super) fn hold(
        &mut self,
        state: &State,
        (old, base): (&str, &str),
        moved: i32,
        to: usize,
    ) -> Result<Vec<String>, Refusal> {
        let next = self.parts[to].held.clone();
        let is_held = |slot: i32| next.iter().any(|h| h.slot == slot - moved);
        let mut rest = state.slots.clone();
        rest.retain(|s, _| !is_held(*s));
        self.store_slots(old, &rest);
        let under = self.under(state);
        for h in under.iter().filter(|h| !is_held(h.slot)) {
            self.store_held(old, h);
        }
        let mut out = Vec::new();
        for h in &next {
            let has = state.slots.get(&(h.slot + moved)).cloned();
            let kept = || under.iter().find(|o| o.slot == h.slot + moved).map(Held::known);
            let known = match has {
                Some(k) => self.materialise(&k),
                None => kept(),
            };
            out.push(match known {
                Some(v) => self.as_held(&v, h)?,
                None => {
                    let at = self.at_offset(base, i64::from(h.slot) * 8);
                    self.f.let_(format_args!("load {}, ptr {at}, align 8, !tbaa !{STACK}", block::llvm(h.ty)))
                }
            });
        }
        Ok(out)
    }

    fn as_held(&mut self, v: &Val, h: &Held) -> Result<String, Refusal> {
        Ok(match (v.ty, h.ty) {
            (x, y) if x == y => v.text.to_string(),
            (Ty::Int, Ty::Num) => self.f.let_(format_args!("sitofp i32 {} to double", v.text)),
            (_, Ty::Num) if !h.sure => {
                let w = self.boxed(v);
                self.f.let_(format_args!("bitcast i64 {w} to double"))
            }
            (_, Ty::Link) if !h.sure => self.boxed(v),
            (x, y) => return Err(Refusal(format!("{} is held as {}", x.name(), y.name()))),
        })
    }

    /// Loads what the first part holds, on the way in.
    pub(super) fn hold_first(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        for h in self.parts[0].held.clone() {
            let at = self.at_offset("%base", i64::from(h.slot) * 8);
            out.push(self.f.let_(format_args!("load {}, ptr {at}, align 8, !tbaa !{STACK}", block::llvm(h.ty))));
        }
        out
    }

    /// Name and LLVM's type of what a part holds.
    pub(super) fn held_phis(&self, part: usize) -> Vec<(String, &'static str)> {
        self.parts[part].held.iter().map(|h| (h.name.clone(), block::llvm(h.ty))).collect()
    }

    /// Returns what is held of a slot behind a state.
    pub(super) fn beneath(&self, state: &State, slot: i32) -> Option<Held> {
        self.under(state).into_iter().find(|h| h.slot == slot)
    }
}

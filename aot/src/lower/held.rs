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
//! Held is what is carried anyway ([`carried`]) as the type that all ways bring, the way in too, and no more than registers have room for: other slots
//! would be copied from place to place instead of being stored, which was a loss of up to 10 %.
//!
//! Slots below the frame that a start begins with are not held. Starts that are reached mostly from outside, or by ways that are not quiet, hold
//! nothing: they would load what was just stored.

use super::carried::{self, Carried, LOWEST};
use super::exits::{Known, State};
use super::parts::{Part, Table};
use super::whole::Whole;
use super::{Branching, Lowerer, Refusal, Val, block};
use ir::tree::Tree;
use ir::{Const, Link, Ref, Trace, Ty, sunk};
use std::collections::BTreeMap;

/// Slots that a start holds at most: more are not in registers.
const MAX_HELD: usize = 10;
/// Ways that lead to such a start at most: where more meet LLVM copies more.
const MAX_WAYS: usize = 24;

/// A slot that is held.
#[derive(Clone)]
pub(crate) struct Held {
    pub slot: i32,
    ty: Ty,
    name: String,
    /// It is an integer (`i64`) by another name, too ([`Held::int`]).
    whole: bool,
}

/// What is known of a slot on ways.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value of a type.
    Of(Ty),
    /// A constant that is an integer or a number.
    Whole,
    /// It is in memory.
    Memory,
    /// Anything.
    Bits,
}

impl Kind {
    fn join(self, other: Kind) -> Kind {
        use Kind::*;
        let number = |k| matches!(k, Of(Ty::Int | Ty::Num) | Whole);
        match (self, other) {
            (a, b) if a == b => a,
            (Of(Ty::Int), Whole) | (Whole, Of(Ty::Int)) => Of(Ty::Int),
            (a, b) if number(a) && number(b) => Of(Ty::Num),
            _ => Bits,
        }
    }

    /// Says whether a value that is carried as a type is this.
    fn is_carried_as(self, ty: Ty) -> bool {
        match self {
            Kind::Of(of) => of == ty,
            Kind::Whole => ty == Ty::Num,
            _ => false,
        }
    }
}

/// A way from a part to another, as the tree says.
pub(super) struct Path {
    pub from: usize,
    pub to: usize,
    /// The branch that goes it.
    pub branch: usize,
    /// Slots between their frames.
    pub moved: i32,
    /// Nothing on it writes the stack.
    pub quiet: bool,
    entries: u64,
    slots: BTreeMap<i32, Kind>,
}

/// What is known of slots at a start.
type Kinds = BTreeMap<i32, Option<Kind>>;

/// Decides what parts hold.
pub(super) fn plan(tables: &[Table<'_>], parts: &mut [Part]) {
    let paths = paths(tables, parts);
    let into = |p: usize| paths.iter().filter(move |w| w.to == p);
    let worth = |p: usize| {
        let count = |quiet: bool| into(p).filter(|w| w.quiet == quiet).map(|w| w.entries + 1).sum::<u64>();
        let (quiet, other) = (count(true), count(false));
        // Nobody comes from outside but to the first.
        let entered = if p == 0 { tables[parts[p].member].tree.branches[0].entries } else { 0 };
        into(p).count() <= MAX_WAYS && quiet > other + entered.saturating_sub(quiet + other)
    };
    let mut kinds: Vec<Kinds> = (0..parts.len())
        .map(|p| match worth(p) {
            true => parts[p].carried.iter().map(|c| (c.slot, None)).collect(),
            false => Kinds::new(),
        })
        .collect();
    // Each time some are held no more, as nothing is carried that has their values.
    loop {
        spread(&mut kinds, &paths, &parts[0].carried);
        let before: usize = kinds.iter().map(|k| k.len()).sum();
        for (part, kinds) in parts.iter().zip(&mut kinds) {
            let is = |s: i32, k: Kind| part.carried.iter().any(|c| c.slot == s && k.is_carried_as(c.ty));
            kinds.retain(|s, k| k.is_some_and(|k| is(*s, k)));
            if kinds.len() > MAX_HELD {
                kinds.clear();
            }
        }
        if kinds.iter().map(|k| k.len()).sum::<usize>() == before {
            break;
        }
        kinds.iter_mut().flat_map(|k| k.values_mut()).for_each(|k| *k = None);
    }
    for (i, (part, kinds)) in parts.iter_mut().zip(kinds).enumerate() {
        let held = kinds.into_iter().enumerate().map(|(n, (slot, kind))| {
            let ty = if let Some(Kind::Of(ty)) = kind { ty } else { Ty::Num };
            let whole = ty == Ty::Num && part.carried.iter().any(|c| c.slot == slot && c.whole);
            Held { slot, ty, name: format!("%h{i}.{n}"), whole }
        });
        part.held = held.collect();
    }
}

/// Finds out what ways bring.
fn spread(kinds: &mut [Kinds], paths: &[Path], first: &[Carried]) {
    let brings = |kinds: &[Kinds], w: &Path, s: i32| match w.slots.get(&s) {
        Some(k) => Some(*k),
        None => kinds[w.from].get(&(s + w.moved)).filter(|_| w.quiet).copied().unwrap_or(Some(Kind::Memory)),
    };
    let slots: Vec<i32> = kinds[0].keys().copied().collect();
    for s in slots {
        // The way in asks for the type if whoever comes round has it.
        let round = |c: &Carried, w: &Path| match w.slots.get(&s) {
            Some(k) => k.join(Kind::Of(c.ty)) == Kind::Of(c.ty),
            None => w.quiet && w.moved == 0 && w.from == 0,
        };
        let asks = |c: &&Carried| {
            c.slot == s && (c.early || c.whole) && paths.iter().filter(|w| w.to == 0).all(|w| round(c, w))
        };
        let comes = first.iter().find(asks).map_or(Kind::Memory, |c| Kind::Of(c.ty));
        kinds[0].insert(s, Some(comes));
    }
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for w in paths {
            let slots: Vec<i32> = kinds[w.to].keys().copied().collect();
            for s in slots {
                let Some(comes) = brings(kinds, w, s) else { continue };
                let has = kinds[w.to].get(&s).copied().flatten();
                let joined = has.map_or(comes, |k| k.join(comes));
                changed |= has != Some(joined);
                kinds[w.to].insert(s, Some(joined));
            }
        }
    }
}

/// Lists the ways between parts.
pub(super) fn paths(tables: &[Table<'_>], parts: &[Part]) -> Vec<Path> {
    let mut out = Vec::new();
    for (from, part) in parts.iter().enumerate() {
        let tree = tables[part.member].tree;
        for (n, b) in tree.branches.iter().enumerate() {
            let target = b.target.filter(|_| matches!(b.trace.link, Link::Root(_)));
            let linked = || parts.iter().position(|p| Some(tables[p.member].tree.key) == target);
            let to = if carried::comes_back(tree, n) { Some(part.round(tree, n)) } else { linked() };
            let to = to.filter(|_| !tables[part.member].apart[n]);
            let (Some(to), Some(snap)) = (to, b.trace.snaps.last()) else { continue };
            let slots = snap.entries.iter().map(|&(s, r)| (s - snap.base, kind(&b.trace, r)));
            let slots = slots.filter(|s| s.0 >= LOWEST).collect();
            let (moved, quiet, entries) = (snap.base, is_quiet(tree, n), b.entries);
            out.push(Path { from, to, branch: n, moved, quiet, entries, slots });
        }
    }
    out
}

/// Says whether nothing from the start to the end of a branch writes the stack.
pub(super) fn is_quiet(tree: &Tree, mut branch: usize) -> bool {
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
    if t.as_const(r).is_some_and(|c| matches!(c, Const::Num(bits) if carried::whole(*bits).is_some())) {
        return Kind::Whole;
    }
    let ty = t.as_const(r).map_or(t.ty(r), |c| c.ty());
    if ty.is_pri() || sunk::is_sunk(t, r) { Kind::Bits } else { Kind::Of(ty) }
}

impl Held {
    /// Returns its value.
    pub fn known(&self) -> Val {
        let whole = self.whole.then(|| Whole::of_join(&self.int()));
        Val { whole, ..Val::new(self.name.as_str(), self.ty) }
    }

    /// Name of its integer.
    fn int(&self) -> String {
        format!("{}.int", self.name)
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
        match (h.ty, ty) {
            (x, y) if x == y && (ty != Ty::Int || convert) => return (h.name.clone(), "true".into()),
            (Ty::Int, Ty::Num) => {
                return (self.double_of(&h.name), "true".into());
            }
            _ => {}
        }
        let raw = Val::new(self.boxed(&h.known()), Ty::Link);
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
        let v = self.as_stored(h.known());
        self.store_boxed(&v, &at, self.slot_class(base, h.slot));
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

    /// Gives what part `to` holds, on a way with a state; the next base is `moved` slots from the old one. The rest is stored.
    pub(super) fn hold(&mut self, state: &State, old: &str, moved: i32, to: usize) -> Result<Vec<String>, Refusal> {
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
                Some(Known::Const(Const::Num(bits))) if h.ty == Ty::Int => {
                    carried::whole(bits).map(|n| Val::new(n.to_string(), Ty::Int))
                }
                Some(k) => self.materialise(&k),
                None => kept(),
            };
            out.push(match known {
                Some(v) if h.whole && matches!(v.ty, Ty::Int | Ty::Num) => self.joined(&v),
                Some(v) if v.ty == h.ty => v.text.to_string(),
                Some(v) if (v.ty, h.ty) == (Ty::Int, Ty::Num) => self.double_of(&v.text),
                _ => return Err(Refusal("a way lacks what is held".into())),
            });
        }
        Ok(out)
    }

    /// Says whether the first part holds a slot as a value of a type.
    pub(super) fn is_held_as(&self, slot: i32, ty: Ty) -> bool {
        self.parts[0].held.iter().any(|h| (h.slot, h.ty) == (slot, ty))
    }

    /// What the first part holds, on the way in, which asked for its types.
    pub(super) fn hold_first(&self, carried: &[(String, String)]) -> Vec<String> {
        let part = &self.parts[0];
        let of = |h: &Held| part.carried.iter().position(|c| (c.slot, c.ty) == (h.slot, h.ty));
        part.held.iter().filter_map(of).map(|i| carried[i].0.clone()).collect()
    }

    /// Name and LLVM's type of what a part holds, and the double that is made of it.
    pub(super) fn held_phis(&self, part: usize) -> Vec<(String, &'static str, Option<String>)> {
        let phi = |h: &Held| match h.whole {
            true => (h.int(), "i64", Some(h.name.clone())),
            false => (h.name.clone(), block::llvm(h.ty), None),
        };
        self.parts[part].held.iter().map(phi).collect()
    }

    /// Returns what is held of a slot behind a state.
    pub(super) fn beneath(&self, state: &State, slot: i32) -> Option<Held> {
        self.under(state).into_iter().find(|h| h.slot == slot)
    }
}

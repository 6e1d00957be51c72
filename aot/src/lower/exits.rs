//! How compiled code is left: exits, ends, loops.

use super::block::{self, llvm};
use super::whole::Whole;
use super::{Branching, Lowerer, Pending, Refusal, Val};
use abi::exit::outcome;
use abi::vmfield;
use ir::sunk::{self, PARTS};
use ir::tree::{Item, RootKey};
use ir::{Const, Link, Op, Ref, Ty};
use std::collections::HashMap;

/// What an exit knows of a slot.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Known {
    /// A value of the trace.
    Val(Val),
    /// A constant.
    Const(Const),
    /// An object that the runtime makes.
    Object,
}

/// What an exit knows.
#[derive(Clone, Default)]
pub(crate) struct State {
    /// Slots.
    pub slots: HashMap<i32, Known>,
    /// What sunk objects are made of, as `ir::sunk::spilled` has it.
    pub spilled: Vec<Val>,
    /// What side traces inherit of that.
    pub needed: Vec<Val>,
    /// The part whose held slots memory lacks.
    pub under: Option<usize>,
}

impl State {
    /// Returns what a side trace inherits by a slot or pseudo slot.
    pub fn inherited(&self, slot: i32) -> Option<Known> {
        match usize::try_from(slot - PARTS) {
            Ok(n) => self.needed.get(n).cloned().map(Known::Val),
            Err(_) => self.slots.get(&slot).filter(|k| **k != Known::Object).cloned(),
        }
    }
}

/// Values that objects of an exit are made of at most.
const MAX_SPILLED: usize = abi::exit::SPILLS;

/// A PHI of a loop.
pub(crate) struct Phi {
    pub name: String,
    /// What it is in the first round.
    pub left: Val,
    /// Its instruction.
    pub at: usize,
    /// What it is in other rounds.
    right: Ref,
    /// It joins integers: its values are words (`i64`).
    pub whole: bool,
}

/// A loop under way.
pub(crate) struct Head {
    label: String,
    /// Label of the block before it.
    before: String,
    phis: Vec<Phi>,
    /// Name and left value of the base, if calls in the loop may move the stack.
    base: Option<(String, String)>,
}

impl Lowerer<'_> {
    /// What snapshot `s` says.
    fn state(&mut self, b: &Branching, s: usize) -> Result<State, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        let mut out = State { under: self.holds(b).then_some(self.open), ..State::default() };
        for &(slot, r) in &t.snaps[s].entries {
            let known = match t.as_const(r) {
                Some(c) => Known::Const(c.clone()),
                None if t.ty(r).is_pri() => Known::Const(Const::Pri(t.ty(r))),
                None if sunk::is_sunk(t, r) => Known::Object,
                None => Known::Val(self.val(b, r)?),
            };
            out.slots.insert(slot, known);
        }
        let name = |_| Refusal("an exit rebuilds what cannot be rebuilt".into());
        for n in sunk::spilled(t, &b.names, s).map_err(name)? {
            out.spilled.push(self.named(b, n)?);
        }
        for n in sunk::needed(t, &b.names, s).map_err(name)? {
            out.needed.push(self.named(b, n)?);
        }
        if out.spilled.len() > MAX_SPILLED {
            return Err(Refusal("an exit rebuilds objects of too many values".into()));
        }
        Ok(out)
    }

    /// Returns the label of the block that leaves through snapshot `s`.
    pub fn exit(&mut self, b: &mut Branching, s: usize) -> Result<String, Refusal> {
        if let Some(l) = b.blocks.get(&(b.branch, s)) {
            return Ok(l.clone());
        }
        let state = self.state(b, s)?;
        let label = self.f.label();
        b.blocks.insert((b.branch, s), label.clone());
        let side = self.tree.side(b.branch, s as u32);
        if let Some(side) = side.filter(|side| self.is_apart(*side)) {
            self.put_aside(side, &state);
            self.leave_aside(&label, side, &b.base, &state);
        } else if let Some(side) = side {
            self.pending.push(Pending {
                branch: side,
                label: label.clone(),
                base: b.base.clone(),
                quiet: b.quiet,
                state,
            });
        } else {
            self.leave(&label, (b.branch, s), &b.base, &state);
        }
        Ok(label)
    }

    pub(super) fn jump_to(&mut self, function: &str, base: &str) {
        let r = self.f.let_(format_args!("musttail call i64 {function}(ptr %vm, ptr {base})"));
        self.f.line(format_args!("ret i64 {r}"));
    }

    pub fn store_slots(&mut self, base: &str, slots: &HashMap<i32, Known>) {
        let mut slots: Vec<_> = slots.iter().filter(|s| *s.1 != Known::Object).collect();
        slots.sort_by_key(|(slot, _)| **slot);
        for (&slot, known) in slots {
            self.store_slot(base, slot, known);
        }
    }

    /// Stores what a slot holds, unless the runtime makes it.
    pub(super) fn store_slot(&mut self, base: &str, slot: i32, known: &Known) {
        if let Some(v) = self.materialise(known) {
            let v = self.as_stored(v);
            let at = self.at_offset(base, i64::from(slot) * 8);
            self.store_boxed(&v, &at, self.slot_class(base, slot));
        }
    }

    /// What a link carries. Sinking keeps objects that links carry.
    fn carry(&mut self, b: &mut Branching, s: usize) -> Result<State, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        for (_, r) in t.snaps[s].entries.iter().filter(|e| t.as_const(e.1).is_none() && t.ty(e.1) == Ty::Num) {
            self.whole(b, *r);
        }
        let state = self.state(b, s)?;
        if state.slots.values().any(|k| *k == Known::Object) {
            return Err(Refusal("a link carries an object that is not made".into()));
        }
        Ok(state)
    }

    /// Makes a value of what is known; there is none of objects.
    pub fn materialise(&mut self, known: &Known) -> Option<Val> {
        match known {
            Known::Val(v) => Some(v.clone()),
            Known::Const(c) => Some(self.konst(c)),
            Known::Object => None,
        }
    }

    /// Begins the loop at instruction `at`: PHIs get names.
    pub(super) fn loop_head(&mut self, b: &mut Branching, at: usize) -> Result<Head, Refusal> {
        let t = &self.tree.branches[b.branch].trace;
        if b.quiet && !super::carried::is_quiet(t) {
            self.flush(b);
        }
        let label = self.f.label();
        let before = self.f.current();
        let mut phis = Vec::new();
        for (i, ins) in t.ins.iter().enumerate().skip(at) {
            let sunk = ins.is_sunk() || (ins.a.is_ins() && t.ins[ins.a.index()].is_sunk());
            if ins.op == Op::PHI && !sunk {
                let whole = ins.ty == Ty::Num && self.whole(b, ins.a).is_some_and(|w| w.size.joins());
                phis.push(Phi { name: self.f.name(), left: self.val(b, ins.a)?, at: i, right: ins.b, whole });
            }
        }
        self.whole_phis(b, at, &mut phis);
        for p in &mut phis {
            let double = if p.whole { self.f.name() } else { p.name.clone() };
            let mut val = Val::new(double, p.left.ty);
            if p.whole {
                val.whole = Some(Whole::of_join(&p.name));
                p.left = Val::new(self.joined(&p.left), Ty::Link);
            }
            b.vals[p.at] = Some(val);
        }
        let base = t.ins[at..].iter().any(|i| i.op == Op::CALLB).then(|| (self.f.name(), b.base.clone()));
        if let Some((name, old)) = &base {
            self.anchor(name, old, 0);
            b.base = name.clone();
        }
        b.looped = true;
        let before = match super::strip::of(t, at) {
            Some(plan) => self.strip_begins(b, &plan, before, &mut phis)?,
            None => before,
        };
        self.f.line(format_args!("br label %{label}"));
        self.f.begin(&label);
        self.strip_head(b);
        for p in phis.iter().filter(|p| p.whole) {
            let double = self.named(b, p.at as u32)?.text;
            self.f.line(format_args!("{double} = sitofp i64 {} to double", p.name));
        }
        b.blocks.clear();
        Ok(Head { label, before, phis, base })
    }

    /// What comes behind the last instruction.
    pub(super) fn end(&mut self, b: &mut Branching, head: Option<Head>) -> Result<(), Refusal> {
        let branch = &self.tree.branches[b.branch];
        let t = &branch.trace;
        let last = t.snaps.len().checked_sub(1).ok_or_else(|| Refusal("there is no snapshot".into()))?;
        let own = b.branch == 0;
        match (t.link, head) {
            (Link::Loop, Some(head)) => {
                let mut rights = Vec::new();
                for p in &head.phis {
                    let mut right = self.val(b, p.right)?;
                    if p.whole {
                        right.whole = self.whole(b, p.right);
                        right = Val::new(self.joined(&right), Ty::Link);
                    }
                    rights.push(right);
                }
                self.strip_goes_on(b, &rights);
                let (last, before) = (self.f.current(), &head.before);
                if let Some((name, left)) = &head.base {
                    let right = &b.base;
                    self.f
                        .phi(&head.label, format_args!("{name} = phi ptr [ {left}, %{before} ], [ {right}, %{last} ]"));
                }
                for (Phi { name, left, .. }, right) in head.phis.iter().zip(rights) {
                    if llvm(left.ty) != llvm(right.ty) {
                        return Err(Refusal("a PHI joins different types".into()));
                    }
                    if self.wide_phi(b, name, &head.label, before, &last) {
                        continue;
                    }
                    let (ty, l, r) = (llvm(left.ty), &left.text, &right.text);
                    self.f.phi(&head.label, format_args!("{name} = phi {ty} [ {l}, %{before} ], [ {r}, %{last} ]"));
                }
                self.f.line(format_args!("br label %{}", head.label));
                Ok(())
            }
            (Link::Interp, _) if self.ends_here(b, last) => {
                let state = self.state(b, last)?;
                let base = self.moved(b, last);
                self.hand_over(b, last, &state, &base)?;
                self.f.line(format_args!("ret i64 {}", outcome::NEXT));
                Ok(())
            }
            (Link::Interp, _) => {
                let exit = self.exit(b, last)?;
                self.f.line(format_args!("br label %{exit}"));
                Ok(())
            }
            (Link::Loop | Link::Again, _) if own => self.again(b, last),
            (Link::Root(_), _) if branch.target == Some(self.tree.key) => self.again(b, last),
            (Link::Root(_), _) => {
                let Some(target) = branch.target else { return Err(Refusal("the link has no target".into())) };
                let state = self.carry(b, last)?;
                let base = self.moved(b, last);
                if let Some(to) = self.part_of(target) {
                    self.link(b, &state, &base, to, target)?;
                }
                self.hand_over(b, last, &state, &base)?;
                let f = self.constant(Item::Root(target), "ptr");
                self.jump_to(&f, &base);
                Ok(())
            }
            (link, _) => Err(Refusal(format!("link {link:?}"))),
        }
    }

    /// Leaves what is known to memory, and tells the machine which frame and instruction go on behind a branch.
    fn hand_over(&mut self, b: &Branching, last: usize, state: &State, base: &str) -> Result<(), Refusal> {
        self.store_all(&b.base, state);
        let t = &self.tree.branches[b.branch].trace;
        let pc = t.snaps[last].pc.and_then(|r| t.as_const(r)).cloned();
        let pc = self.constant(Item::Const(pc.ok_or_else(|| Refusal("the link has no place".into()))?), "i64");
        self.vm_store("ptr", base, vmfield::BASE);
        self.vm_store("i64", &pc, vmfield::PC);
        Ok(())
    }

    /// Says whether the end of a branch tells the interpreter itself where to go on: it does so in a function of which the tree is a part, and nothing
    /// has to be made. The runtime does not count such ends.
    fn ends_here(&self, b: &Branching, last: usize) -> bool {
        let t = &self.tree.branches[b.branch].trace;
        let own = |c: &Const| matches!(c, Const::Pc(p, _) if *p == self.tree.key.proto);
        let makes = t.snaps[last].entries.iter().any(|(_, r)| sunk::is_sunk(t, *r));
        !t.repeats && !makes && t.snaps[last].pc.and_then(|r| t.as_const(r)).is_some_and(own)
    }

    /// Goes to a part for another tree, if the runtime has that in use.
    fn link(&mut self, b: &Branching, state: &State, base: &str, to: usize, target: RootKey) -> Result<(), Refusal> {
        let word = self.constant(Item::Root(target), "ptr");
        let name = self.tables[self.parts[to].member].name;
        let same = self.f.let_(format_args!("icmp eq ptr {word}, @{name}"));
        let (on, other) = (self.f.label(), self.f.label());
        let seldom = block::weight(1);
        self.f.line(format_args!("br i1 {same}, label %{on}, label %{other}, !prof !{seldom}"));
        self.f.begin(&on);
        let t = &self.tree.branches[b.branch].trace;
        let moved = t.snaps.last().map_or(0, |s| s.base);
        self.go_round(b, state, base, moved, to)?;
        self.f.begin(&other);
        Ok(())
    }

    /// Goes to the tree's start.
    fn again(&mut self, b: &mut Branching, last: usize) -> Result<(), Refusal> {
        let state = self.carry(b, last)?;
        let base = self.moved(b, last);
        if self.is_aside {
            self.hand_over(b, last, &state, &base)?;
            self.jump_to(&format!("@{}", self.name), &base);
            return Ok(());
        }
        let moved = self.tree.branches[b.branch].trace.snaps[last].base;
        let to = self.parts[self.open].round(self.tree, b.branch);
        self.go_round(b, &state, &base, moved, to)
    }

    /// Sets the number of results if the snapshot has one; returns its base.
    fn moved(&mut self, b: &Branching, s: usize) -> String {
        let snap = &self.tree.branches[b.branch].trace.snaps[s];
        if let Some(n) = snap.multres {
            self.vm_store("i64", &n.to_string(), vmfield::MULTRES);
        }
        if let Some((root, slots)) = self.returned.get(&b.base)
            && *slots == snap.base
        {
            return root.clone();
        }
        let base = self.at_offset(&b.base, i64::from(snap.base) * 8);
        self.anchor(&base, &b.base, snap.base);
        base
    }

    /// Makes a value of a constant, as a register has it.
    pub fn konst(&mut self, c: &Const) -> Val {
        let ty = c.ty();
        let text: String = match c {
            Const::Pri(ty) => block::pri(*ty),
            Const::Num(bits) => block::double(*bits),
            Const::Int(n) => n.to_string(),
            Const::Builtin(n) => n.to_string(),
            Const::Frame(w) | Const::Cont(w) => (*w as i64).to_string(),
            Const::Null => "null".into(),
            Const::Shape(_) => self.constant_int(Item::Const(c.clone())),
            _ => self.constant(Item::Const(c.clone()), if llvm(ty) == "ptr" { "ptr" } else { "i64" }),
        };
        Val::new(text, ty)
    }

    fn constant_int(&mut self, item: Item) -> String {
        self.constant(item, "i32")
    }
}

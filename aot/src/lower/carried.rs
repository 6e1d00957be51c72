//! Slots that a tree carries in values from round to round.
//!
//! Side traces that link to their own root go to `start`. What the root loads from the stack there is a phi: the way in loads it and looks at its
//! type, the way round has a value of a known type. So a loop of several traces is a loop of SSA form, and needs no look at what it
//! has itself made.
//!
//! A carried slot is a value and a bit that says whether it has the type; a guard asks the bit. Where no way round brings another type
//! and no side trace comes first, the bit is asked once on the way in, and exit 0 leaves.
//!
//! Invariant: memory has the slots as ever: ways round store what they carry, so exits need not know of this.
//! Invariant: a load becomes a carried value only where nothing between `start` and it writes the stack.

use super::exits::{Known, State};
use super::parts::Part;
use super::whole::Whole;
use super::{Branching, Lowerer, Refusal, Val, block};
use abi::tag;
use ir::tree::{Branch, Tree};
use ir::{Const, Ins, Link, Op, Ty, sload};

/// The function's slot: the lowest of its frame.
pub(super) const LOWEST: i32 = -2;

/// A slot that is carried as a type.
#[derive(Clone)]
pub(crate) struct Carried {
    pub slot: i32,
    pub ty: Ty,
    convert: bool,
    /// Values look at their type: some load of it is a guard.
    guard: bool,
    /// The way in may ask: nothing else leaves before.
    pub early: bool,
    /// All ways bring whole numbers: ways have integers (`i64`), by another name ([`Carried::int`]).
    pub whole: bool,
    /// Name of the value; the bit's has `.ok` behind.
    name: String,
}

/// A way to `start`: the way in, or a way round.
pub(crate) struct Way {
    /// The part it goes to.
    pub to: usize,
    /// Label of its last block.
    label: String,
    /// Text of the base.
    base: String,
    /// Value and bit of each carried slot.
    vals: Vec<(String, String)>,
    /// What is held.
    held: Vec<String>,
}

/// Returns the integer that a number is, if it has its bits.
pub(super) fn whole(bits: u64) -> Option<i32> {
    let n = f64::from_bits(bits) as i32;
    (f64::from(n).to_bits() == bits).then_some(n)
}

/// Says whether an instruction may write slots of the stack, or move it.
pub(super) fn writes_stack(t: &ir::Trace, ins: Ins) -> bool {
    match ins.op {
        Op::CALLB | Op::RETF | Op::SSTORE | Op::CSTORE => true,
        Op::USTORE => !ins.a.is_ins() || t.ins[ins.a.index()].op != Op::UREFC,
        _ => false,
    }
}

/// Says whether a trace leaves the stack alone.
pub(super) fn is_quiet(t: &ir::Trace) -> bool {
    !t.ins.iter().any(|i| writes_stack(t, *i))
}

/// Says whether a branch goes to its own tree's start.
pub(super) fn comes_back(tree: &Tree, i: usize) -> bool {
    let b: &Branch = &tree.branches[i];
    match b.trace.link {
        Link::Root(_) => b.target == Some(tree.key),
        Link::Again => i == 0,
        Link::Loop => i == 0 && !b.trace.ins.iter().any(|i| i.op == Op::LOOP),
        _ => false,
    }
}

/// Returns by how many slots the base of a branch goes down as it returns.
pub(super) fn returned(b: &Branch) -> i32 {
    b.trace.ins.iter().filter(|i| i.op == Op::RETF).map(|i| i.b.as_lit()).sum()
}

/// Says whether each round of a tree begins with the same base: who returns from the function's frame calls another at its place. Of trees that are not
/// alone, links too. Branches `apart` are in other functions.
pub(super) fn is_level(tree: &Tree, apart: &[bool], links: bool) -> bool {
    let goes = |i: usize| comes_back(tree, i) || (links && tree.branches[i].target.is_some());
    let level = |i: usize| {
        let b = &tree.branches[i];
        let mut up = b.parent;
        while let Some((p, _)) = up {
            if returned(&tree.branches[p]) != 0 {
                return false;
            }
            up = tree.branches[p].parent;
        }
        b.trace.snaps.last().is_some_and(|s| s.base == returned(b))
    };
    (0..tree.branches.len()).all(|i| apart[i] || !goes(i) || level(i))
}

/// Finds what a tree carries: what its root loads, and what side traces load that are entered often. Others may link to it.
pub(super) fn of(tree: &Tree, apart: &[bool], linked: bool) -> Vec<Carried> {
    let mut out: Vec<Carried> = Vec::new();
    if !linked && !(0..tree.branches.len()).any(|i| !apart[i] && comes_back(tree, i)) {
        return out;
    }
    // Exits of the root before this snapshot have no side trace.
    let sides = tree.branches.iter().filter_map(|b| b.parent).filter(|p| p.0 == 0).map(|p| p.1 as usize);
    let first_side = sides.min().unwrap_or(usize::MAX);
    let often = tree.branches[0].entries / 4;
    for (n, b) in tree.branches.iter().enumerate() {
        let t = &b.trace;
        let mut up = b.parent;
        let mut quiet = true;
        while let Some((p, _)) = up {
            quiet &= is_quiet(&tree.branches[p].trace);
            up = tree.branches[p].parent;
        }
        if !quiet || apart[n] || (n > 0 && b.entries < often) {
            continue;
        }
        for (at, ins) in t.ins.iter().enumerate() {
            if writes_stack(t, *ins) || ins.op == Op::LOOP {
                break;
            }
            if ins.op != Op::SLOAD || ins.b.as_lit() & sload::PARENT != 0 || ins.is_sunk() {
                continue;
            }
            // Frames below are there only behind a guard.
            if ins.a.as_lit() < LOWEST {
                continue;
            }
            let (slot, convert) = (ins.a.as_lit(), ins.b.as_lit() & sload::CONVERT != 0);
            // Half of a slot, or bits of any type.
            if ins.ty == Ty::Ptr || (ins.ty == Ty::Int && !convert) {
                continue;
            }
            let early = n == 0 && ins.is_guard() && t.snap_at(at).is_some_and(|s| s < first_side);
            match out.iter_mut().find(|c| c.is(slot, ins.ty, convert)) {
                Some(c) => {
                    c.guard |= ins.is_guard();
                    c.early |= early;
                }
                None => out.push(Carried {
                    slot,
                    ty: ins.ty,
                    convert,
                    guard: ins.is_guard(),
                    early,
                    whole: false,
                    name: String::new(),
                }),
            }
        }
    }
    out
}

/// Lets each part carry what any carries: it is a value where it is needed.
pub(super) fn join(parts: &mut [Part]) {
    let all: Vec<Carried> = parts.iter().flat_map(|p| p.carried.clone()).collect();
    for p in parts {
        for c in &all {
            match p.carried.iter_mut().find(|o| o.is(c.slot, c.ty, c.convert)) {
                Some(o) => o.guard |= c.guard,
                None => p.carried.push(Carried { early: false, ..c.clone() }),
            }
        }
    }
}

/// Names what a part carries.
pub(super) fn name(carried: &mut [Carried], part: usize) {
    for (i, c) in carried.iter_mut().enumerate() {
        c.name = if part == 0 { format!("%c{i}") } else { format!("%c{part}.{i}") };
    }
}

impl Carried {
    /// A slot that has a value of a type: nobody has to ask.
    pub(super) fn sure(slot: i32, ty: Ty) -> Carried {
        Carried { slot, ty, convert: true, guard: false, early: false, whole: false, name: String::new() }
    }

    /// Name of its integer.
    fn int(&self) -> String {
        format!("{}.int", self.name)
    }

    /// Returns its value.
    fn val(&self) -> Val {
        let whole = self.whole.then(|| Whole::of_join(&self.int()));
        Val { whole, ..Val::new(self.name.as_str(), self.ty) }
    }

    fn is(&self, slot: i32, ty: Ty, convert: bool) -> bool {
        (self.slot, self.ty, self.convert) == (slot, ty, convert)
    }
}

impl Lowerer<'_> {
    /// Returns value and bit of a slot that is carried as an SLOAD wants it.
    pub(super) fn carried(&self, b: &Branching, ins: Ins) -> Option<(Val, String)> {
        let convert = ins.b.as_lit() & sload::CONVERT != 0;
        let part = &self.parts[self.open];
        let c = part.carried.iter().find(|c| c.is(ins.a.as_lit(), ins.ty, convert))?;
        (b.quiet && b.base == part.base).then(|| (c.val(), format!("{}.ok", c.name)))
    }

    /// Goes to the start of a part with `base`, which is `moved` slots from the branch's. Nothing of `state` was stored.
    pub(super) fn go_round(
        &mut self,
        b: &Branching,
        state: &State,
        base: &str,
        moved: i32,
        to: usize,
    ) -> Result<(), Refusal> {
        let mut vals = Vec::new();
        let mut back = None;
        let here = self.open;
        let stays = base == self.parts[here].base;
        if !stays || !self.fits(to, here) {
            let ok = self.has_room(base, to);
            self.turn_back_with(&ok, (base, to), (&b.base, state), &mut back);
        }
        for i in 0..self.parts[to].carried.len() {
            let c = self.parts[to].carried[i].clone();
            let slot = c.slot + moved;
            if c.whole {
                let v = self.brought_whole(b, state, &c, (base, stays), slot);
                let (int, ok) = self.as_joined(&v);
                if ok != "true" {
                    self.turn_back_with(&ok, (base, to), (&b.base, state), &mut back);
                }
                vals.push((int, "true".into()));
                continue;
            }
            let known = state.slots.get(&slot).and_then(|k| self.as_carried(k, c.ty));
            let kept = self.parts[here].carried.iter().find(|o| o.is(c.slot, c.ty, c.convert)).map(|o| o.name.clone());
            let mut val = match (known, kept, state.slots.get(&slot)) {
                (Some(known), ..) => known,
                (None, Some(name), None) if b.quiet && stays => {
                    let ok = format!("{name}.ok");
                    (name, ok)
                }
                (None, _, Some(other)) => {
                    let raw = self.materialise(other).ok_or_else(|| Refusal("a link carries an object".into()))?;
                    let raw = Val::new(self.boxed(&raw), Ty::Link);
                    self.unbox(&raw, (c.ty, c.convert), c.guard)
                }
                _ => match self.beneath(state, slot) {
                    Some(h) => self.unheld(&h, (c.ty, c.convert), c.guard),
                    None => self.look(&c, base),
                },
            };
            // What comes by a link is asked here, so that whoever comes round need not be.
            if c.early && val.1 != "true" && self.parts[to].member != self.parts[here].member {
                self.turn_back_with(&val.1, (base, to), (&b.base, state), &mut back);
                val.1 = "true".into();
            }
            vals.push(val);
        }
        let held = self.hold(state, &b.base, moved, to)?;
        self.ways.push(Way { to, label: self.f.current(), base: base.into(), vals, held });
        self.f.line(format_args!("br label %{}", self.parts[to].start));
        Ok(())
    }

    /// Returns the whole number of a slot that is carried as one, on a way with a state.
    fn brought_whole(
        &mut self,
        b: &Branching,
        state: &State,
        c: &Carried,
        (base, stays): (&str, bool),
        slot: i32,
    ) -> Val {
        let kept = self.parts[self.open].carried.iter().find(|o| o.is(c.slot, c.ty, c.convert)).map(Carried::val);
        let v = match state.slots.get(&slot) {
            Some(known) => self.materialise(known),
            None if b.quiet && stays => kept,
            None => self.beneath(state, slot).map(|h| h.known()),
        };
        let v = v.filter(|v| matches!(v.ty, Ty::Int | Ty::Num));
        v.unwrap_or_else(|| Val::new(self.look(c, base).0, Ty::Num))
    }

    /// Leaves by exit 0 of a part if the stack has no room for all its branches.
    fn room(&mut self, base: &str, part: usize) {
        let fits = self.has_room(base, part);
        self.turn_back(&fits, base, part);
    }

    /// Says whether the stack has room for all branches of a part.
    fn has_room(&mut self, base: &str, part: usize) -> String {
        let bytes = i64::from(super::slots(self.tables[self.parts[part].member].tree)) * 8;
        let top = self.at_offset(base, bytes);
        let max = self.vm_load("ptr", abi::vmfield::STACK_MAX);
        self.f.let_(format_args!("icmp ule ptr {top}, {max}"))
    }

    /// Goes on if `ok`, else leaves by exit 0 of a part.
    fn turn_back(&mut self, ok: &str, base: &str, part: usize) {
        self.turned.push((part, self.f.current(), base.into()));
        self.guard(ok, &self.parts[part].back.clone(), 1);
    }

    /// Makes value and bit of what is known, if its type says enough.
    fn as_carried(&mut self, known: &Known, ty: Ty) -> Option<(String, String)> {
        let yes = || "true".to_string();
        if let (Known::Const(Const::Num(bits)), Ty::Int) = (known, ty) {
            let x = f64::from_bits(*bits);
            let same = f64::from(x as i32).to_bits() == *bits;
            return Some(((x as i32).to_string(), same.to_string()));
        }
        let v = self.materialise(known)?;
        match (v.ty, ty) {
            (x, y) if x == y => Some((v.text.to_string(), yes())),
            (Ty::Int, Ty::Num) => Some((self.double_of(&v.text), yes())),
            (Ty::Num, Ty::Int) => Some(self.as_integer(&v.text)),
            _ => None,
        }
    }

    fn as_integer(&mut self, d: &str) -> (String, String) {
        let i = self.integer(d);
        // Equal bits: integral, in range, not -0, and a number at all.
        let back = self.f.let_(format_args!("sitofp i32 {i} to double"));
        let x = self.f.let_(format_args!("bitcast double {back} to i64"));
        let y = self.f.let_(format_args!("bitcast double {d} to i64"));
        let ok = self.f.let_(format_args!("icmp eq i64 {x}, {y}"));
        (i, ok)
    }

    /// Loads value and bit of a carried slot from the stack.
    pub(super) fn look(&mut self, c: &Carried, base: &str) -> (String, String) {
        let at = self.at_offset(base, i64::from(c.slot) * 8);
        let (ty, what) = if matches!(c.ty, Ty::Int | Ty::Num) { (Ty::Num, "double") } else { (Ty::Link, "i64") };
        let class = self.slot_class(base, c.slot);
        let raw = self.f.let_(format_args!("load {what}, ptr {at}, align 8, !tbaa !{class}"));
        self.unbox(&Val::new(raw, ty), (c.ty, c.convert), c.guard)
    }

    /// Makes value and bit of what a slot has: a double (Num) or 64 bits (Link).
    pub(super) fn unbox(&mut self, raw: &Val, (ty, convert): (Ty, bool), guard: bool) -> (String, String) {
        let double = |l: &mut Self| match raw.ty {
            Ty::Num => raw.text.to_string(),
            _ => l.f.let_(format_args!("bitcast i64 {} to double", raw.text)),
        };
        let word = |l: &mut Self| match raw.ty {
            Ty::Num => l.f.let_(format_args!("bitcast double {} to i64", raw.text)),
            _ => raw.text.to_string(),
        };
        let yes = || "true".to_string();
        match ty {
            Ty::Int if convert => {
                let d = double(self);
                let (i, ok) = self.as_integer(&d);
                (i, if guard { ok } else { yes() })
            }
            Ty::Int => {
                let w = word(self);
                (self.f.let_(format_args!("trunc i64 {w} to i32")), yes())
            }
            Ty::Ptr => {
                let w = word(self);
                (self.f.let_(format_args!("inttoptr i64 {w} to ptr")), yes())
            }
            Ty::Link => (word(self), yes()),
            Ty::Key => {
                let w = word(self);
                let high = self.f.let_(format_args!("lshr i64 {w}, 32"));
                let ok = self.f.let_(format_args!("icmp eq i64 {high}, {}", tag::KEY_INDEX as u32));
                (self.f.let_(format_args!("trunc i64 {w} to i32")), ok)
            }
            Ty::Num => {
                let d = double(self);
                if !guard {
                    return (d, yes());
                }
                let w = word(self);
                (d, self.f.let_(format_args!("icmp ult i64 {w}, {}", tag::NUM_LIMIT as i64)))
            }
            ty if ty.is_pri() => {
                let w = word(self);
                (block::pri(ty), self.f.let_(format_args!("icmp eq i64 {w}, {}", block::pri(ty))))
            }
            ty => {
                let w = word(self);
                let bits = self.f.let_(format_args!("xor i64 {w}, {}", (ty.tag() << tag::SHIFT) as i64));
                let ok = self.f.let_(format_args!("icmp ult i64 {bits}, {}", 1u64 << tag::SHIFT));
                match ty {
                    Ty::Lightud => (bits, ok),
                    _ => (self.f.let_(format_args!("inttoptr i64 {bits} to ptr")), ok),
                }
            }
        }
    }

    /// Begins a part: exit 0 leaves before anything was done, through the first snapshot, but never into a side trace of the tree.
    pub(super) fn begin(&mut self) -> Result<(), Refusal> {
        let first = self.tree.branches[0].trace.snaps.first().ok_or_else(|| Refusal("there is no snapshot".into()))?;
        if !first.entries.is_empty() {
            return Err(Refusal("the first snapshot restores slots".into()));
        }
        let (back, start) = (self.parts[self.open].back.clone(), self.parts[self.open].start.clone());
        self.come_from(self.tree.key.proto, self.tree.key.pc);
        self.leave(&back, (0, 0), &format!("%{back}.base"), &State::default());
        self.f.begin(&start);
        Ok(())
    }

    /// Writes the way in.
    pub(super) fn way_in(&mut self) {
        self.f.reopen("entry");
        self.come_from(self.tree.key.proto, self.tree.key.pc);
        self.room("%base", 0);
        let mut way = Way { to: 0, label: String::new(), base: "%base".into(), vals: Vec::new(), held: Vec::new() };
        for i in 0..self.parts[0].carried.len() {
            let c = self.parts[0].carried[i].clone();
            let (v, mut ok) = self.look(&c, "%base");
            if c.whole {
                // What is no number has other bits than any integer's.
                let (int, ok) = self.ask_whole(&v);
                self.turn_back(&ok, "%base", 0);
                way.vals.push((int, "true".into()));
                continue;
            }
            let own = format!("{}.ok", c.name);
            let mut ways = self.ways.iter().filter(|w| w.to == 0);
            let sure = ways.all(|w| w.vals[i].1 == "true" || w.vals[i].1 == own);
            if ok != "true" && c.early && (sure || self.is_held_as(c.slot, c.ty)) {
                self.turn_back(&ok, "%base", 0);
                ok = "true".into();
            }
            way.vals.push((v, ok));
        }
        way.held = self.hold_first(&way.vals);
        way.label = self.f.current();
        self.f.line(format_args!("br label %{}", self.parts[0].start));
        self.ways.insert(0, way);
    }

    /// Writes the phis of all starts.
    pub(super) fn starts(&mut self) {
        for part in 0..self.parts.len() {
            if !self.parts[part].lowered {
                continue;
            }
            let turned = self.turned.iter().filter(|t| t.0 == part);
            let turned: Vec<String> = turned.map(|(_, l, b)| format!("[ {b}, %{l} ]")).collect();
            let back = self.parts[part].back.clone();
            if !turned.is_empty() {
                self.f.phi(&back, format_args!("%{back}.base = phi ptr {}", turned.join(", ")));
            }
            let base = self.parts[part].base.clone();
            let mut doubles: Vec<(String, String)> = Vec::new();
            self.start_phi(part, &base, "ptr", |w| &w.base);
            for i in 0..self.parts[part].carried.len() {
                let c = &self.parts[part].carried[i];
                let ok = format!("{}.ok", c.name);
                let (name, ty) = if c.whole { (c.int(), "i64") } else { (c.name.clone(), block::llvm(c.ty)) };
                doubles.extend(c.whole.then(|| (c.name.clone(), name.clone())));
                self.start_phi(part, &name, ty, |w| &w.vals[i].0);
                self.start_phi(part, &ok, "i1", |w| &w.vals[i].1);
            }
            for (i, (name, ty, double)) in self.held_phis(part).into_iter().enumerate() {
                doubles.extend(double.map(|d| (d, name.clone())));
                self.start_phi(part, &name, ty, |w| &w.held[i]);
            }
            let start = self.parts[part].start.clone();
            for (double, int) in doubles {
                self.f.phi(&start, format_args!("{double} = sitofp i64 {int} to double"));
            }
        }
    }

    fn start_phi(&mut self, part: usize, name: &str, ty: &str, of: impl Fn(&Way) -> &String) {
        let ways = self.ways.iter().filter(|w| w.to == part);
        let list: Vec<String> = ways.map(|w| format!("[ {}, %{} ]", of(w), w.label)).collect();
        let start = self.parts[part].start.clone();
        self.f.phi(&start, format_args!("{name} = phi {ty} {}", list.join(", ")));
    }
}

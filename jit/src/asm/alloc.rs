//! Register allocation: a reverse linear scan over the nodes.
//!
//! The scan goes from the end of a trace to its start and knows at each point which value is in which register. A value gets a register at its
//! last use and keeps it up to its definition, unless the register is needed: then the value is *evicted*, which means, forwards: it is
//! in its spill slot up to here and is loaded into the register now. Whatever has a spill slot is stored there at its definition.
//! Constants never occupy a register.
//!
//! **Exits.** All guards of a snapshot share one exit, so a value must be in one place for all of them: its register if that is the same at each,
//! else its spill slot. A value that only exits need takes a free register but never displaces another; if it loses the register, it is
//! spilled without being loaded again.
//!
//! **Loops.** Each PHI has a home, a register or slot, where its value is at the head. Moves before the head and at the end fill the homes. At the
//! head the scan's state must be what the end leaves: a value from before the loop may keep a register that nothing in the loop writes;
//! otherwise it is loaded at the head of each round.
//!
//! Spill slots are not reused: what a slot has, it has from its value's definition on. The result is data: [`Step`]s that an emitter turns into
//! code and that [`super::check`] verifies.

use super::few::Few;
use super::place::{Machine, Place, Reg, RegSet};
use super::select::{Node, Operand, Phi, Role, Selection, Val, link_of};
use abi::abort::Abort;
use abi::exit::{Loc, SPILLS};
use abi::grow::Growth;
use ir::{Link, Ref, Trace, Ty};

/// Where a copy comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Src {
    /// A register or slot.
    Place(Place),
    /// A constant.
    K(Ref),
    /// Bits.
    Bits(u64),
}

/// One copy of several that happen at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Copy {
    /// To.
    pub dst: Place,
    /// From.
    pub src: Src,
}

/// What the emitter does, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// A node, with the places of its uses and its result.
    Node {
        /// Index of the node.
        node: usize,
        /// Places of the uses.
        uses: Few<Place>,
        /// Place of the result.
        def: Option<Reg>,
    },
    /// A value is copied.
    Move {
        /// To.
        dst: Place,
        /// From.
        src: Place,
    },
    /// Copies that happen at once.
    Copies(Vec<Copy>),
}

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Allocation {
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Place of each value of each snapshot, as `Selection::snap_vals`.
    pub snaps: Vec<Vec<Place>>,
    /// Homes of the PHIs, as `Selection::phis`.
    pub homes: Vec<Place>,
    /// A register or slot of each value, for dumps.
    pub shown: Vec<Option<Place>>,
}

struct Scan<'a> {
    sel: &'a Selection,
    m: &'a Machine,
    in_reg: [Val; 64],
    free: RegSet,
    reg_of: Vec<Option<Reg>>,
    slot_of: Vec<Option<u16>>,
    /// The slot has the value from elsewhere (the parent): no store at the definition.
    given: Vec<bool>,
    /// A node reads the value from its register.
    hard: Vec<bool>,
    /// Exits that have the value in its present register.
    soft: Vec<Vec<(u32, u32)>>,
    snaps: Vec<Vec<Option<Place>>>,
    cur_snap: Option<usize>,
    slots: Vec<bool>,
    full: bool,
    written: RegSet,
    pinned: RegSet,
    /// Nodes that use each value, ascending, value after value; and where each value's begin.
    uses_at: Vec<u32>,
    uses_from: Vec<u32>,
    calls: Vec<u32>,
    defined: Vec<u32>,
    at: usize,
    rev: Vec<Step>,
    shown: Vec<Option<Place>>,
    homes: Vec<Place>,
}

/// Steps that a node becomes at most, mostly.
const STEPS: usize = 8;

/// Allocates registers for the selected nodes.
pub fn allocate(t: &Trace, sel: &Selection, m: &Machine, growth: &Growth) -> Result<Allocation, Abort> {
    let n = sel.fpr.len();
    let mut free = RegSet::default();
    m.gprs.iter().chain(m.fprs).for_each(|&r| free.add(r));
    let mut s = Scan {
        sel,
        m,
        in_reg: [0; 64],
        free,
        reg_of: growth.filled(None, n)?,
        slot_of: growth.filled(None, n)?,
        given: growth.filled(false, n)?,
        hard: growth.filled(false, n)?,
        soft: growth.filled(Vec::new(), n)?,
        snaps: sel.snap_vals.iter().map(|v| vec![None; v.len()]).collect(),
        cur_snap: None,
        slots: vec![false; SPILLS],
        full: false,
        written: RegSet::default(),
        pinned: RegSet::default(),
        uses_at: growth.filled(0, sel.nodes.iter().map(|n| n.uses.len()).sum())?,
        uses_from: growth.filled(0, n + 2)?,
        calls: growth.filled(0, sel.nodes.len() + 1)?,
        defined: growth.filled(0, n)?,
        at: 0,
        rev: Vec::new(),
        shown: growth.filled(None, n)?,
        homes: Vec::new(),
    };
    s.prepare();
    for i in (0..sel.nodes.len()).rev() {
        s.at = i;
        growth.room(&mut s.rev, STEPS)?;
        match sel.nodes[i].role {
            Role::Op | Role::Stack | Role::Inherit => s.node(i),
            Role::Entry => s.entry(i),
            Role::Loop => s.head(i),
            Role::End => {
                if link_of(t) == Link::Loop {
                    s.end_of_loop(i);
                } else {
                    s.node(i);
                }
            }
        }
        if s.full {
            return Err(Abort::Spills);
        }
    }
    s.rev.reverse();
    let snaps = s.snaps.iter().map(|v| v.iter().map(|p| p.unwrap_or(Place::Slot(0))).collect()).collect();
    Ok(Allocation { steps: s.rev, snaps, homes: s.homes, shown: s.shown })
}

impl Scan<'_> {
    fn prepare(&mut self) {
        let sel = self.sel;
        // Counted two places on, summed up, then moved on as the lists are filled: that leaves the start of each in its place.
        sel.nodes.iter().flat_map(|n| n.uses.iter()).for_each(|u| self.uses_from[u.val as usize + 2] += 1);
        for v in 2..self.uses_from.len() {
            self.uses_from[v] += self.uses_from[v - 1];
        }
        for (i, node) in sel.nodes.iter().enumerate() {
            for u in node.uses.iter() {
                let next = &mut self.uses_from[u.val as usize + 1];
                self.uses_at[*next as usize] = i as u32;
                *next += 1;
            }
            if let Some(v) = node.def {
                self.defined[v as usize] = i as u32;
            }
            if node.role == Role::Loop {
                for p in &sel.phis {
                    self.defined[p.val as usize] = i as u32;
                }
            }
            self.calls[i + 1] = self.calls[i] + u32::from(node.call);
        }
        for h in &sel.inherited {
            if let Loc::Spill(k) = h.loc {
                self.slots[k as usize] = true;
                self.slot_of[h.val as usize] = Some(k);
                self.given[h.val as usize] = true;
            }
        }
    }

    fn class(&self, v: Val) -> &'static [Reg] {
        if self.sel.fpr[v as usize] { self.m.fprs } else { self.m.gprs }
    }

    fn slot(&mut self, v: Val) -> Place {
        if let Some(s) = self.slot_of[v as usize] {
            return Place::Slot(s);
        }
        let s = self.fresh_slot();
        self.slot_of[v as usize] = Some(s);
        self.shown[v as usize].get_or_insert(Place::Slot(s));
        Place::Slot(s)
    }

    fn fresh_slot(&mut self) -> u16 {
        match self.slots.iter().position(|taken| !taken) {
            Some(s) => {
                self.slots[s] = true;
                s as u16
            }
            None => {
                self.full = true;
                0
            }
        }
    }

    fn assign(&mut self, v: Val, r: Reg) {
        self.in_reg[r.0 as usize] = v;
        self.free.remove(r);
        self.reg_of[v as usize] = Some(r);
        self.hard[v as usize] = false;
        self.soft[v as usize].clear();
        self.shown[v as usize] = Some(Place::Reg(r));
    }

    fn release(&mut self, v: Val) {
        if let Some(r) = self.reg_of[v as usize].take() {
            self.free.add(r);
        }
        self.soft[v as usize].clear();
    }

    /// Takes the register from a value: from here on backwards it is in its slot.
    fn evict(&mut self, v: Val) {
        let Some(r) = self.reg_of[v as usize] else { return };
        let slot = self.slot(v);
        if self.hard[v as usize] {
            self.rev.push(Step::Move { dst: Place::Reg(r), src: slot });
            self.written.add(r);
            // The load comes behind the node that is being looked at.
            if let Some(s) = self.cur_snap
                && let Some(k) = self.sel.snap_vals[s].iter().position(|&x| x == v)
            {
                self.snaps[s][k] = Some(slot);
            }
        } else {
            for (s, k) in std::mem::take(&mut self.soft[v as usize]) {
                self.snaps[s as usize][k as usize] = Some(slot);
            }
        }
        self.release(v);
    }

    fn busy(&self) -> RegSet {
        let mut all = RegSet::default();
        self.m.gprs.iter().chain(self.m.fprs).for_each(|&r| all.add(r));
        all.minus(self.free)
    }

    /// Says whether a value comes from before the loop, and the scan is inside it.
    fn stays(&self, v: Val) -> bool {
        self.sel.loop_node.is_some_and(|l| self.at > l && (self.defined[v as usize] as usize) < l)
    }

    /// A free register for a value, if there is one.
    fn free_reg(&self, v: Val, allowed: RegSet, hint: Option<Reg>) -> Option<Reg> {
        let set = self.free.and(allowed);
        if let Some(h) = hint
            && set.has(h)
            && self.sel.fpr[v as usize] == h.is_fpr()
        {
            return Some(h);
        }
        let lives_over_call = {
            let from = self.defined[v as usize] as usize + 1;
            from <= self.at && self.calls[self.at] != self.calls[from]
        };
        // What stays through the loop wants a register nobody in it writes; the others share those that are written anyway.
        let in_loop = self.sel.loop_node.is_some_and(|l| self.at > l);
        let stays = self.stays(v);
        let cost = |r: Reg| {
            let call = self.m.saved.has(r) != lives_over_call;
            let share = in_loop && self.written.has(r) == stays;
            u8::from(call) + u8::from(share) * 2
        };
        self.class(v).iter().copied().filter(|&r| set.has(r)).min_by_key(|&r| cost(r))
    }

    /// Finds a register, evicting if it must.
    fn take_reg(&mut self, v: Val, allowed: RegSet, hint: Option<Reg>) -> Reg {
        if let Some(r) = self.free_reg(v, allowed, hint) {
            return r;
        }
        let mut best: Option<(u32, Reg)> = None;
        for &r in self.class(v) {
            if !allowed.has(r) || self.pinned.has(r) {
                continue;
            }
            let w = self.in_reg[r.0 as usize] as usize;
            let cost = if self.hard[w] {
                let at = self.at as u32;
                let uses = &self.uses_at[self.uses_from[w] as usize..self.uses_from[w + 1] as usize];
                let before = uses[..uses.partition_point(|&u| u < at)].last();
                1 + before.copied().unwrap_or(self.defined[w])
            } else {
                0
            };
            if best.is_none_or(|(c, _)| cost < c) {
                best = Some((cost, r));
            }
        }
        match best {
            Some((_, r)) => {
                self.evict(self.in_reg[r.0 as usize]);
                r
            }
            None => {
                self.full = true;
                self.class(v)[0]
            }
        }
    }

    fn node(&mut self, i: usize) {
        let sel = self.sel;
        let node = &sel.nodes[i];
        self.pinned = RegSet::default();
        let all = RegSet(!0);
        let def = node.def.map(|v| self.define(v, self.hint_of(node)));
        let after = if node.call {
            self.drop_def(node);
            self.call(def);
            self.m.saved
        } else {
            all
        };
        self.cur_snap = node.snap;
        if let Some(s) = node.snap {
            self.exit(s, after);
        }
        if !node.call {
            self.drop_def(node);
        }
        let mut uses = Few::filled(Place::Slot(0), node.uses.len());
        let carried = node.tie && node.comm && !node.early && self.is_carried(node);
        for (k, u) in node.uses.iter().enumerate() {
            let v = u.val as usize;
            let first = k == 0 && node.tie;
            let mut allowed = all;
            let mut hint = u
                .arg
                .and_then(
                    |n| if sel.fpr[v] { self.m.fpr_args.get(n as usize) } else { self.m.gpr_args.get(n as usize) },
                )
                .copied();
            if let Some(d) = def
                && (node.tie || node.early)
            {
                let ours = !node.early && (first && !carried || k > 0 && node.uses[0].val == u.val);
                let swapped = k == 1 && node.comm && uses[0] != Place::Reg(d) && !node.early;
                if ours || swapped {
                    hint = Some(d);
                } else {
                    allowed.remove(d);
                }
            }
            if self.stays(u.val) {
                // A register that is written would cost a load in each round.
                hint = None;
            }
            uses[k] = match self.reg_of[v] {
                Some(r) => Place::Reg(r),
                None if u.any => match self.free_reg(u.val, allowed, hint) {
                    Some(r) => {
                        self.assign(u.val, r);
                        Place::Reg(r)
                    }
                    None => self.slot(u.val),
                },
                None => {
                    let r = self.take_reg(u.val, allowed, hint);
                    self.assign(u.val, r);
                    Place::Reg(r)
                }
            };
            if let Place::Reg(r) = uses[k] {
                self.hard[v] = true;
                self.pinned.add(r);
            }
        }
        self.cur_snap = None;
        self.rev.push(Step::Node { node: i, uses, def });
    }

    /// Says whether the result is what the second operand becomes in the next round: then it begins as a copy of that one, and both share
    /// the home of the PHI.
    fn is_carried(&self, node: &Node) -> bool {
        let [first, second] = &node.uses[..] else { return false };
        let next = |v: Val| self.sel.phis.iter().find(|p| p.val == v).map(|p| p.right);
        let result = node.def.map(Operand::Val);
        result.is_some() && first.val != second.val && next(second.val) == result && next(first.val) != result
    }

    /// A hint for a result without register: that of its first operand.
    fn hint_of(&self, node: &Node) -> Option<Reg> {
        if node.tie { node.uses.first().and_then(|u| self.reg_of[u.val as usize]) } else { None }
    }

    /// Returns the register a value is defined in, and stores it if it has a slot.
    fn define(&mut self, v: Val, hint: Option<Reg>) -> Reg {
        let r = match self.reg_of[v as usize] {
            Some(r) => r,
            None => {
                let r = self.take_reg(v, RegSet(!0), hint);
                self.assign(v, r);
                r
            }
        };
        if let Some(s) = self.slot_of[v as usize] {
            self.rev.push(Step::Move { dst: Place::Slot(s), src: Place::Reg(r) });
        }
        self.written.add(r);
        self.pinned.add(r);
        r
    }

    fn drop_def(&mut self, node: &Node) {
        if let Some(v) = node.def {
            if let Some(r) = self.reg_of[v as usize] {
                self.pinned.remove(r);
                if node.early || node.tie {
                    self.pinned.add(r);
                }
            }
            self.release(v);
        }
    }

    /// Nothing but saved registers survives a call.
    fn call(&mut self, def: Option<Reg>) {
        let mut clobbered = RegSet::default();
        self.m.gprs.iter().chain(self.m.fprs).for_each(|&r| clobbered.add(r));
        clobbered = clobbered.minus(self.m.saved);
        for r in self.busy().and(clobbered) {
            let v = self.in_reg[r.0 as usize];
            let spare = if self.hard[v as usize] && self.slot_of[v as usize].is_none() {
                self.class(v).iter().copied().find(|&x| self.m.saved.has(x) && self.free.has(x) && Some(x) != def)
            } else {
                None
            };
            match spare {
                Some(x) => {
                    self.rev.push(Step::Move { dst: Place::Reg(r), src: Place::Reg(x) });
                    self.release(v);
                    self.assign(v, x);
                    self.hard[v as usize] = true;
                    self.written.add(r);
                    self.pinned = RegSet::default();
                }
                None => self.evict(v),
            }
        }
        self.written = self.written.or(clobbered);
        self.pinned = RegSet::default();
    }

    /// Finds places for what an exit needs.
    fn exit(&mut self, s: usize, allowed: RegSet) {
        let sel = self.sel;
        for (k, &v) in sel.snap_vals[s].iter().enumerate() {
            let before = self.snaps[s][k];
            if matches!(before, Some(Place::Slot(_))) {
                continue;
            }
            let place = match self.reg_of[v as usize] {
                Some(r) if before.is_none() || before == Some(Place::Reg(r)) => Some(r),
                Some(_) => None,
                None if before.is_some() || self.slot_of[v as usize].is_some() => None,
                None => {
                    let r = self.free_reg(v, allowed, None);
                    if let Some(r) = r {
                        self.assign(v, r);
                    }
                    r
                }
            };
            self.snaps[s][k] = Some(match place {
                Some(r) => {
                    self.soft[v as usize].push((s as u32, k as u32));
                    Place::Reg(r)
                }
                None => self.slot(v),
            });
        }
    }

    /// The end of a loop: PHIs get homes, and their next values go there.
    fn end_of_loop(&mut self, i: usize) {
        let sel = self.sel;
        self.pinned = RegSet::default();
        self.written = RegSet::default();
        let (mut gprs, mut fprs) = (self.m.gprs.len().saturating_sub(4), self.m.fprs.len().saturating_sub(4));
        let has_calls = sel.loop_node.is_some_and(|l| self.calls[i] != self.calls[l]);
        let mut taken = RegSet::default();
        for p in &sel.phis {
            let left = if sel.fpr[p.val as usize] { &mut fprs } else { &mut gprs };
            let home = if *left == 0 {
                None
            } else {
                *left -= 1;
                let set = self.free.minus(taken);
                let class = self.class(p.val);
                class
                    .iter()
                    .copied()
                    .filter(|&r| set.has(r))
                    .find(|&r| self.m.saved.has(r) == has_calls)
                    .or_else(|| class.iter().copied().find(|&r| set.has(r)))
            };
            let home = match home {
                Some(r) => {
                    taken.add(r);
                    Place::Reg(r)
                }
                None => self.slot(p.val),
            };
            self.homes.push(home);
        }
        let own: Vec<bool> = sel.phis.iter().map(|p| self.defined_in_loop(p)).collect();
        for (k, p) in sel.phis.iter().enumerate() {
            if let (true, Operand::Val(v), Place::Reg(h)) = (own[k], p.right, self.homes[k])
                && self.reg_of[v as usize].is_none()
            {
                self.assign(v, h);
            }
        }
        let mut copies = Vec::new();
        for (k, p) in sel.phis.iter().enumerate() {
            let dst = self.homes[k];
            if let Place::Reg(r) = dst {
                self.written.add(r);
            }
            let src = match p.right {
                Operand::K(r) => Src::K(r),
                Operand::Val(v) => {
                    Src::Place(self.read(v, sel.phis.iter().position(|q| q.val == v).and_then(|q| self.homes[q].reg())))
                }
            };
            if src != Src::Place(dst) {
                copies.push(Copy { dst, src });
            }
        }
        self.rev.push(Step::Node { node: i, uses: Few::default(), def: None });
        if !copies.is_empty() {
            self.rev.push(Step::Copies(copies));
        }
    }

    fn defined_in_loop(&self, p: &Phi) -> bool {
        match p.right {
            Operand::Val(v) => self.sel.loop_node.is_some_and(|l| self.defined[v as usize] as usize > l),
            Operand::K(_) => false,
        }
    }

    /// Place of a value that a copy reads.
    fn read(&mut self, v: Val, hint: Option<Reg>) -> Place {
        let place = match self.reg_of[v as usize] {
            Some(r) => Place::Reg(r),
            None if self.slot_of[v as usize].is_some() => return self.slot(v),
            None => match self.free_reg(v, RegSet(!0), hint) {
                Some(r) => {
                    self.assign(v, r);
                    Place::Reg(r)
                }
                None => return self.slot(v),
            },
        };
        self.hard[v as usize] = true;
        place
    }

    /// The head of the loop.
    fn head(&mut self, i: usize) {
        let sel = self.sel;
        self.pinned = RegSet::default();
        let mut moves = Vec::new();
        let mut later = Vec::new();
        for (k, p) in sel.phis.iter().enumerate() {
            let v = p.val as usize;
            let home = self.homes[k];
            if let Some(r) = self.reg_of[v]
                && Place::Reg(r) != home
            {
                moves.push(Copy { dst: Place::Reg(r), src: Src::Place(home) });
                self.written.add(r);
            }
            if let Some(s) = self.slot_of[v]
                && Place::Slot(s) != home
            {
                later.push(Copy { dst: Place::Slot(s), src: Src::Place(home) });
            }
            self.release(p.val);
        }
        moves.extend(later);
        // What came from before the loop in a register that the loop writes is loaded in each round.
        for r in self.busy().and(self.written) {
            self.evict(self.in_reg[r.0 as usize]);
        }
        if !moves.is_empty() {
            self.rev.push(Step::Copies(moves));
        }
        self.rev.push(Step::Node { node: i, uses: Few::default(), def: None });
        let mut copies = Vec::new();
        for (k, p) in sel.phis.iter().enumerate() {
            let dst = self.homes[k];
            let src = match p.left {
                Operand::K(r) => Src::K(r),
                Operand::Val(v) => Src::Place(self.read(v, dst.reg())),
            };
            if src != Src::Place(dst) {
                copies.push(Copy { dst, src });
            }
        }
        if !copies.is_empty() {
            self.rev.push(Step::Copies(copies));
        }
    }

    /// The entry: inherited values go from the parent's places to ours.
    fn entry(&mut self, i: usize) {
        let sel = self.sel;
        let mut copies = Vec::new();
        for h in &sel.inherited {
            let v = h.val as usize;
            let src = match h.loc {
                Loc::Gpr(n) => Src::Place(Place::Reg(Reg::gpr(n))),
                Loc::Fpr(n) => Src::Place(Place::Reg(Reg::fpr(n))),
                Loc::Spill(n) => Src::Place(Place::Slot(n)),
                Loc::Const(b) => {
                    Src::Bits(if h.ty.is_gc() || h.ty == Ty::Lightud { b & abi::tag::PTR_MASK } else { b })
                }
                Loc::Sunk(_) | Loc::Memory => continue,
            };
            if let Some(r) = self.reg_of[v] {
                copies.push(Copy { dst: Place::Reg(r), src });
            }
            if let Some(s) = self.slot_of[v]
                && !self.given[v]
            {
                copies.push(Copy { dst: Place::Slot(s), src });
            }
            self.release(h.val);
        }
        copies.retain(|c| c.src != Src::Place(c.dst));
        if !copies.is_empty() {
            self.rev.push(Step::Copies(copies));
        }
        self.rev.push(Step::Node { node: i, uses: Few::default(), def: None });
    }
}

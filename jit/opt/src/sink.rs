//! Sinking: objects that only exits need are made by exits.
//!
//! When all loads from an object were forwarded, nothing but exits may need it. Then neither its allocation nor its stores are executed:
//! they get the flag SINK, and an exit whose snapshot has the object makes it and repeats the stores above the snapshot's place.
//!
//! What keeps an object (*marks* it): every operand of what is executed, but for the addresses of stores into it; stores with keys that are
//! no constants or that replace a guard; values stored into objects that are kept. A sunk object may hold others; exits make those first.
//!
//! In loops: an object made in a round and needed by exits of the next has a PHI of two allocations, the one before the loop and the one in it. Both
//! are sunk, or none, and only if an exit of the next round can tell what was stored: each stored value is constant, does not change in the loop, or is
//! carried around it itself, and both were stored to alike.
//!
//! Closures: what a FNEW captures stays where it is, in slots or in upvalues of its parent. A slot's upvalue is made by the exit, unless the slot
//! was closed since: then it is a variable of its own, whose value is what was stored to it last (the recorder stores it when it closes).
//! Closures that share a variable are all sunk or none. A UCLO that only closes what sunk closures captured is sunk, too, with the
//! CSTOREs before it.
//!
//! Invariant: what is sunk is used by what is sunk, by PHIs of sunk values, and by snapshots.
//! Invariant: an exit finds the stores into an object by their order in the trace: those with an index below the snapshot's.
//!
//! Absent: closures that outlive the round of a loop, hold themselves, or whose variables a UCLO closes that may close others'; a table that an exit would have to fill in another round's order.

use crate::{Builder, dce};
use abi::abort::Abort;
use ir::{Capture, Field, Ins, Link, Op, Ref, Slot, Trace, Variable, flag};
use std::collections::HashMap;

/// Runs the pass.
pub(crate) fn run(b: &mut Builder) -> Result<(), Abort> {
    if !b.trace().ins.iter().any(|i| may_sink(i.op)) {
        return Ok(());
    }
    if b.passes().dce {
        // What nobody uses keeps nothing.
        dce::run(b)?;
    }
    let t = b.trace();
    let mut graph = Graph::new(t);
    graph.mark_users(t);
    let phis = graph.settle(t);
    let (with, kept) = (graph.with, graph.kept);
    let lists = lists(t, &kept);
    let closers = closers(t, &kept);
    let t = b.trace_mut();
    for (i, ins) in t.ins.iter_mut().enumerate() {
        let of = if may_sink(ins.op) { Some(i) } else { with[i] };
        if of.is_some_and(|a| !kept[a]) || lists[i] || closers[i] {
            ins.flags = ins.flags & !flag::GUARD | flag::SINK;
        }
    }
    for (l, r) in phis {
        for x in [l, r].into_iter().filter(|x| x.is_ins()) {
            t.ins[x.index()].flags |= flag::PHI;
        }
        let ty = t.ty(l);
        t.push(Ins::new(Op::PHI, ty, l, r));
    }
    b.reindex();
    Ok(())
}

/// Says whether objects of this operation can be made by exits.
fn may_sink(op: Op) -> bool {
    matches!(op, Op::TNEW | Op::TDUP | Op::SNEW | Op::FNEW)
}

/// Finds the CARGs that only sunk closures use.
fn lists(t: &Trace, kept: &[bool]) -> Vec<bool> {
    let mut sunk: Vec<bool> = t.ins.iter().map(|i| i.op == Op::CARG).collect();
    for i in (1..t.ins.len()).rev() {
        let ins = t.ins[i];
        if ins.op == Op::FNEW && !kept[i] || ins.op == Op::CARG && sunk[i] {
            continue;
        }
        ins.refs().filter(|r| r.is_ins()).for_each(|r| sunk[r.index()] = false);
    }
    sunk
}

/// Finds the UCLOs, with the CSTOREs before them, that have nothing to close when what is sunk is not made.
fn closers(t: &Trace, kept: &[bool]) -> Vec<bool> {
    let mut sunk = vec![false; t.ins.len()];
    let mut open: Vec<Slot> = Vec::new();
    let mut from = 0;
    for (i, ins) in t.ins.iter().enumerate() {
        match ins.op {
            Op::FNEW if kept[i] => open.extend(t.closure(Ref::ins(i)).iter().flat_map(|c| c.slots())),
            Op::UCLO => {
                let level = ins.a.as_lit();
                let idle = ins.b.as_lit() == 1 && open.iter().all(|s| *s < level);
                for (s, ins) in sunk[from..=i].iter_mut().zip(&t.ins[from..=i]) {
                    *s = idle && matches!(ins.op, Op::CSTORE | Op::UCLO);
                }
                open.retain(|s| *s < level);
                from = i + 1;
            }
            _ => {}
        }
    }
    sunk
}

/// Which object each instruction belongs to, and which objects are kept.
struct Graph {
    /// Object with which an instruction would be sunk: addresses in it, stores to it.
    with: Vec<Option<usize>>,
    /// Objects that are executed (of other instructions it means nothing).
    kept: Vec<bool>,
    /// Objects stored in objects.
    holds: Vec<(usize, usize)>,
    /// Closures that share a variable.
    shares: Vec<(usize, usize)>,
    /// PHIs of two objects.
    phis: Vec<(usize, usize)>,
}

impl Graph {
    fn new(t: &Trace) -> Graph {
        let mut with = vec![None; t.ins.len()];
        for i in 1..t.ins.len() {
            with[i] = companion(t, &with, i);
        }
        Graph { kept: vec![false; with.len()], with, holds: Vec::new(), shares: Vec::new(), phis: Vec::new() }
    }

    /// Notes a use of `r` by what is executed.
    fn keep(&mut self, t: &Trace, r: Ref) {
        if r.is_ins() {
            let i = r.index();
            if t.ins[i].op == Op::CARG {
                t.args(r).into_iter().for_each(|r| self.keep(t, r));
            } else if may_sink(t.ins[i].op) {
                self.kept[i] = true;
            } else if let Some(a) = self.with[i] {
                self.kept[a] = true;
            }
        }
    }

    /// Keeps what is used by what is executed whatever is sunk.
    fn mark_users(&mut self, t: &Trace) {
        let object = |r: Ref| r.is_ins() && may_sink(t.ins[r.index()].op);
        for i in 1..t.ins.len() {
            let ins = t.ins[i];
            if ins.op == Op::PHI {
                let alike = object(ins.a) && object(ins.b) && t.ins[ins.a.index()].op == t.ins[ins.b.index()].op;
                if alike && !matches!(t.ins[ins.a.index()].op, Op::SNEW | Op::FNEW) {
                    self.phis.push((ins.a.index(), ins.b.index()));
                } else {
                    self.keep(t, ins.a);
                    self.keep(t, ins.b);
                }
            } else if let Some(a) = self.with[i] {
                let stores = matches!(ins.op, Op::ASTORE | Op::HSTORE | Op::FSTORE | Op::USTORE);
                if stores && object(ins.b) {
                    self.holds.push((a, ins.b.index()));
                } else if stores {
                    self.keep(t, ins.b);
                }
            } else if ins.op == Op::FNEW {
                self.holds
                    .extend(t.closure(Ref::ins(i)).iter().filter(|c| object(c.parent)).map(|c| (i, c.parent.index())));
                self.keep_odd(t, i);
            } else if ins.op != Op::CARG && !(ins.op == Op::CSTORE && object(ins.b)) {
                ins.refs().for_each(|r| self.keep(t, r));
            }
        }
        // The next trace finds slots, not exits' recipes.
        let linked =
            matches!(t.link, Link::Root(_) | Link::Again | Link::Open) || t.link == Link::Loop && t.loop_at().is_none();
        if let Some(last) = t.snaps.last().filter(|_| linked) {
            last.entries.iter().for_each(|e| self.keep(t, e.1));
        }
    }

    /// Notes which closures share variables with the FNEW at `i`; keeps it if no exit could tell what it captured.
    fn keep_odd(&mut self, t: &Trace, i: usize) {
        let Some(c) = t.closure(Ref::ins(i)) else { return };
        // Slots count from another base behind it.
        let mut odd = t.ins[i..].iter().any(|x| x.op == Op::RETF);
        for (k, slot) in c.captures.iter().enumerate().filter_map(|(k, c)| match *c {
            Capture::Local { slot, .. } => Some((k, slot)),
            Capture::Parent(_) => None,
        }) {
            if let Variable::Local { owner, .. } = t.variable(Ref::ins(i), k as u32) {
                self.shares.push((i, owner));
            }
            odd |= t.closed_at(slot, i, t.ins.len()).is_some_and(|u| t.ins[u].b.as_lit() != 1);
        }
        // Exits of later rounds would take it for theirs.
        let looped = t.loop_at().filter(|l| i < *l);
        let me = |s: &ir::Snap| s.entries.iter().any(|e| e.1 == Ref::ins(i));
        odd |= looped.is_some_and(|l| t.snaps.iter().any(|s| s.at as usize > l && me(s)));
        self.kept[i] |= odd;
    }

    /// Keeps what follows from what is kept; gives the PHIs that sunk objects need for their values.
    fn settle(&mut self, t: &Trace) -> Vec<(Ref, Ref)> {
        loop {
            let before = self.kept.iter().filter(|k| **k).count();
            for &(a, v) in &self.holds {
                self.kept[v] |= self.kept[a];
            }
            for &(l, r) in self.phis.iter().chain(&self.shares) {
                let one = self.kept[l] || self.kept[r];
                self.kept[l] = one;
                self.kept[r] = one;
            }
            self.keep_closed(t);
            self.keep_cycles();
            if self.kept.iter().filter(|k| **k).count() > before {
                continue;
            }
            let mut new = HashMap::new();
            let odd = self.phis.iter().copied().find(|&(l, r)| !self.kept[l] && !self.carries(t, l, r, &mut new));
            match odd {
                Some((l, _)) => self.kept[l] = true,
                None => {
                    let mut new: Vec<_> = new.into_iter().collect();
                    new.sort_unstable();
                    return new;
                }
            }
        }
    }

    /// Keeps objects in slots that are closed because of closures that are kept.
    fn keep_closed(&mut self, t: &Trace) {
        let sunk = closers(t, &self.kept);
        for (i, ins) in t.ins.iter().enumerate() {
            if ins.op == Op::CSTORE && !sunk[i] {
                self.keep(t, ins.b);
            }
        }
    }

    /// Keeps objects that hold themselves, by way of others.
    fn keep_cycles(&mut self) {
        for &(a, v) in &self.holds {
            let (mut work, mut seen) = (vec![v], vec![v]);
            while let Some(x) = work.pop() {
                for &(_, y) in self.holds.iter().filter(|h| h.0 == x) {
                    if !seen.contains(&y) {
                        seen.push(y);
                        work.push(y);
                    }
                }
            }
            if seen.contains(&a) {
                self.kept[a] = true;
            }
        }
    }

    /// Stores to an object, in order.
    fn stores(&self, t: &Trace, object: usize, to: usize) -> Vec<usize> {
        let is =
            |&i: &usize| self.with[i] == Some(object) && matches!(t.ins[i].op, Op::ASTORE | Op::HSTORE | Op::FSTORE);
        (object..to).filter(is).collect()
    }

    /// Says whether the stores to `l`, made before the loop, are those to `r`, made in it, of the round before. Adds PHIs for values that
    /// have none.
    fn carries(&self, t: &Trace, l: usize, r: usize, new: &mut HashMap<Ref, Ref>) -> bool {
        let at = t.loop_at().unwrap_or(t.ins.len());
        let (old, next) = (self.stores(t, l, at), self.stores(t, r, t.ins.len()));
        let same_making = (t.ins[l].a, t.ins[l].b) == (t.ins[r].a, t.ins[r].b);
        same_making
            && l < at
            && r > at
            && old.len() == next.len()
            && old.iter().zip(&next).all(|(&x, &y)| {
                let (x, y) = (t.ins[x], t.ins[y]);
                let (p, q) = (t.ins[x.a.index()], t.ins[y.a.index()]);
                x.op == y.op && (p.op, p.b) == (q.op, q.b) && self.carried(t, at, x.b, y.b, new)
            })
    }

    /// Says whether `v`, a value before the loop, can be in the next round what `w` is at the end of this.
    fn carried(&self, t: &Trace, at: usize, v: Ref, w: Ref, new: &mut HashMap<Ref, Ref>) -> bool {
        if !v.is_ins() || v.index() >= at {
            return v == w && !v.is_ins();
        }
        if let Some(phi) = t.ins.iter().rev().take_while(|i| i.op == Op::PHI).find(|i| i.a == v) {
            return phi.b == w;
        }
        if v == w {
            return true;
        }
        // Used in the loop it does not change there.
        let in_loop = t.ins[at..].iter().any(|i| i.refs().any(|x| x == v));
        let in_exits = t.snaps.iter().enumerate().any(|(n, s)| {
            let end = t.snaps.get(n + 1).map_or(t.ins.len(), |s| s.at as usize);
            end > at && s.entries.iter().any(|e| e.1 == v)
        });
        let plain = |r: Ref| !r.is_ins() || !may_sink(t.ins[r.index()].op);
        if in_loop || in_exits || !plain(v) || !plain(w) || t.ty(v) != t.ty(w) || t.ty(v).is_pri() {
            return false;
        }
        *new.entry(v).or_insert(w) == w
    }
}

/// Returns the object with which an instruction would be sunk: it is an address in it by a constant key, or a store there.
fn companion(t: &Trace, with: &[Option<usize>], i: usize) -> Option<usize> {
    let ins = t.ins[i];
    let object = |r: Ref| (r.is_ins() && matches!(t.ins[r.index()].op, Op::TNEW | Op::TDUP)).then(|| r.index());
    let of = |r: Ref| if r.is_ins() { with[r.index()] } else { None };
    let field = |f: Field| ins.b.as_lit() == f as i32;
    match ins.op {
        Op::FLOAD if field(Field::TabArray) || field(Field::TabNode) => object(ins.a),
        Op::FREF if field(Field::TabMeta) => object(ins.a),
        Op::HREF | Op::NEWREF if ins.b.is_const() => object(ins.a),
        Op::AREF | Op::HREFK if ins.b.is_const() && !ins.is_guard() => of(ins.a),
        Op::UREFC if !ins.is_guard() => ins.a.is_ins().then(|| ins.a.index()).filter(|&f| t.ins[f].op == Op::FNEW),
        Op::ASTORE | Op::HSTORE | Op::FSTORE | Op::USTORE | Op::OBAR => of(ins.a),
        Op::TBAR => object(ins.a),
        _ => None,
    }
}

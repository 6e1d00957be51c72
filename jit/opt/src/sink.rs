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
//! Invariant: what is sunk is used by what is sunk, by PHIs of sunk values, and by snapshots.
//! Invariant: an exit finds the stores into an object by their order in the trace: those with an index below the snapshot's.
//!
//! Absent: closures, whose captured slots are on the stack; a table that an exit would have to fill in another round's order.

use crate::{Builder, dce};
use abi::abort::Abort;
use ir::{Field, Ins, Link, Op, Ref, Trace, flag};
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
    let t = b.trace_mut();
    for (i, ins) in t.ins.iter_mut().enumerate() {
        let of = if may_sink(ins.op) { Some(i) } else { with[i] };
        if of.is_some_and(|a| !kept[a]) {
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
    matches!(op, Op::TNEW | Op::TDUP | Op::SNEW)
}

/// Which object each instruction belongs to, and which objects are kept.
struct Graph {
    /// Object with which an instruction would be sunk: addresses in it, stores to it.
    with: Vec<Option<usize>>,
    /// Objects that are executed (of other instructions it means nothing).
    kept: Vec<bool>,
    /// Objects stored in objects.
    holds: Vec<(usize, usize)>,
    /// PHIs of two objects.
    phis: Vec<(usize, usize)>,
}

impl Graph {
    fn new(t: &Trace) -> Graph {
        let mut with = vec![None; t.ins.len()];
        for i in 1..t.ins.len() {
            with[i] = companion(t, &with, i);
        }
        Graph { kept: vec![false; with.len()], with, holds: Vec::new(), phis: Vec::new() }
    }

    /// Notes a use of `r` by what is executed.
    fn keep(&mut self, t: &Trace, r: Ref) {
        if r.is_ins() {
            let i = r.index();
            if may_sink(t.ins[i].op) {
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
                if alike && t.ins[ins.a.index()].op != Op::SNEW {
                    self.phis.push((ins.a.index(), ins.b.index()));
                } else {
                    self.keep(t, ins.a);
                    self.keep(t, ins.b);
                }
            } else if let Some(a) = self.with[i] {
                let stores = matches!(ins.op, Op::ASTORE | Op::HSTORE | Op::FSTORE);
                if stores && object(ins.b) {
                    self.holds.push((a, ins.b.index()));
                } else if stores {
                    self.keep(t, ins.b);
                }
            } else {
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

    /// Keeps what follows from what is kept; gives the PHIs that sunk objects need for their values.
    fn settle(&mut self, t: &Trace) -> Vec<(Ref, Ref)> {
        loop {
            let before = self.kept.iter().filter(|k| **k).count();
            for &(a, v) in &self.holds {
                self.kept[v] |= self.kept[a];
            }
            for &(l, r) in &self.phis {
                let one = self.kept[l] || self.kept[r];
                self.kept[l] = one;
                self.kept[r] = one;
            }
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
        Op::ASTORE | Op::HSTORE | Op::FSTORE => of(ins.a),
        Op::TBAR => object(ins.a),
        _ => None,
    }
}

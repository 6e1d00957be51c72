//! Removes what nobody uses, and snapshots through which nobody leaves.
//!
//! Needed are guards, stores, markers, what snapshots restore, and what these are computed from. A PHI is needed if its value at the head of a
//! round is: in the loop, by a snapshot of the loop, or by another such PHI.
//!
//! Some guards are weak: those of overflow and of allocations say something about their own value alone, so they go with it. The interpreter
//! computes with doubles, where nothing overflows: a sum that nobody reads leaves nothing to see, so a trace that goes on past its overflow is right.
//! Therefore no rule may conclude from such a guard what another value is without using the guarded one. All others
//! hold for what follows, whether their value is used or not.
//!
//! A sunk store is needed if its object is: exits make up for both.
//!
//! A snapshot is dropped if nothing between it and the next may leave, which frees what only it restores. The first one stays: through it leaves the
//! check for room at the entry. The last one stays: what comes behind the trace uses it. So does the one behind a CALLB. Exits are numbered anew, so this must run before anybody remembers their numbers.

use crate::Builder;
use abi::abort::Abort;
use ir::{Ins, Kind, Link, Mode, Op, Ref, Trace, Ty, flag};

/// Runs the pass.
pub(crate) fn run(b: &mut Builder) -> Result<(), Abort> {
    sweep(b.trace_mut());
    compact(b.trace_mut());
    b.reindex();
    Ok(())
}

/// Makes NOPs of what nobody needs.
fn sweep(t: &mut Trace) {
    loop {
        let mut removed = false;
        let dropped = drop_snapshots(t);
        let live = live(t);
        for (ins, live) in t.ins.iter_mut().zip(live) {
            if !live && ins.op != Op::NOP {
                *ins = Ins::new(Op::NOP, Ty::Void, Ref::NONE, Ref::NONE);
                removed = true;
            }
        }
        // A snapshot may lose its last guard, a value its last snapshot.
        if !removed || !dropped {
            break;
        }
    }
    flag_phis(t);
}

/// Says whether an instruction may leave the trace.
fn may_leave(ins: &Ins) -> bool {
    !ins.is_sunk() && (ins.is_guard() || ins.op.kind() == Kind::Cmp || ins.op == Op::GCSTEP)
}

/// Says whether an instruction is needed whoever uses it.
fn needed(ins: &Ins) -> bool {
    match ins.op {
        Op::NOP | Op::PHI => false,
        // Exits ask what was closed.
        _ if ins.is_sunk() => ins.op == Op::UCLO,
        Op::ADDOV | Op::SUBOV | Op::MULOV => false,
        op => match op.kind() {
            Kind::Alloc => false,
            Kind::Cmp | Kind::Mark | Kind::Store => true,
            Kind::Norm | Kind::Comm | Kind::Refer | Kind::Load => ins.is_guard(),
        },
    }
}

/// Drops snapshots through which nobody leaves; says whether there were any.
fn drop_snapshots(t: &mut Trace) -> bool {
    let count = t.snaps.len();
    let keeps_last = t.link != Link::Loop || t.loop_at().is_none();
    let mut n = 0;
    let mut snaps = std::mem::take(&mut t.snaps);
    let ends: Vec<usize> = snaps.iter().skip(1).map(|s| s.at as usize).chain([t.ins.len()]).collect();
    snaps.retain(|s| {
        let (from, to) = (s.at as usize, ends[n]);
        n += 1;
        let behind_call = from > 0 && t.ins[from - 1].op == Op::CALLB;
        let last = n == count && keeps_last;
        n == 1 || last || behind_call || t.ins[from.min(to)..to].iter().any(may_leave)
    });
    t.snaps = snaps;
    t.snaps.len() < count
}

/// Marks what is needed.
struct Marker<'a> {
    t: &'a Trace,
    loop_at: usize,
    live: Vec<bool>,
    /// What is used at the head of a round or later, though made before the loop.
    in_loop: Vec<bool>,
    work: Vec<Ref>,
}

impl Marker<'_> {
    /// Notes that `r` is used at `at`.
    fn uses(&mut self, r: Ref, at: usize) {
        if r.is_ins() {
            if at >= self.loop_at && r.index() < self.loop_at {
                self.in_loop[r.index()] = true;
            }
            self.work.push(r);
        }
    }

    /// Marks an instruction; says whether it was not.
    fn mark(&mut self, i: usize) -> bool {
        if std::mem::replace(&mut self.live[i], true) {
            return false;
        }
        let ins = self.t.ins[i];
        if ins.op == Op::PHI {
            self.uses(ins.b, i);
        } else {
            ins.refs().for_each(|r| self.uses(r, i));
        }
        true
    }

    /// Notes that exits of the loop need what is stored in an object made before it; says whether that was not known.
    fn carries(&mut self, i: usize) -> bool {
        let ins = self.t.ins[i];
        let stores = i < self.loop_at && is_sunk_store(&ins);
        if !stores || !self.in_loop[object(self.t, ins.a)] {
            return false;
        }
        let mut new = false;
        for r in ins.refs().filter(|r| r.is_ins()) {
            new |= !std::mem::replace(&mut self.in_loop[r.index()], true);
        }
        new
    }

    /// Says whether an instruction is needed because of what is marked.
    fn follows(&self, ins: &Ins) -> bool {
        match ins.op {
            Op::PHI => ins.a.is_ins() && self.live[ins.a.index()] && self.in_loop[ins.a.index()],
            Op::USTORE | Op::OBAR => ins.is_sunk() && self.is_shared(ins.a),
            _ => is_sunk_store(ins) && self.live[object(self.t, ins.a)],
        }
    }

    /// Says whether a live sunk closure has the variable at a sunk address.
    fn is_shared(&self, address: Ref) -> bool {
        let at = self.t.ins[address.index()];
        let variable = self.t.variable(at.a, at.b.0);
        (1..self.t.ins.len()).filter(|&f| self.live[f] && self.t.ins[f].op == Op::FNEW).any(|f| {
            let n = self.t.closure(Ref::ins(f)).map_or(0, |c| c.captures.len());
            (0..n).any(|k| self.t.is_variable(Ref::ins(f), k as u32, variable))
        })
    }
}

/// Says whether an instruction is a sunk store into an object.
fn is_sunk_store(ins: &Ins) -> bool {
    ins.is_sunk() && ins.op.kind() == Kind::Store && !matches!(ins.op, Op::CSTORE | Op::UCLO)
}

/// Returns the object that a sunk address or field belongs to.
fn object(t: &Trace, r: Ref) -> usize {
    let mut at = r;
    while at.is_ins() && t.ins[at.index()].op.kind() != Kind::Alloc {
        let a = t.ins[at.index()].a;
        if !a.is_ins() || at == Ref::BASE {
            break;
        }
        at = a;
    }
    if at.is_ins() { at.index() } else { 0 }
}

/// Finds the instructions that are needed.
fn live(t: &Trace) -> Vec<bool> {
    let loop_at = t.loop_at().unwrap_or(usize::MAX);
    let n = t.ins.len();
    let mut m = Marker { t, loop_at, live: vec![false; n], in_loop: vec![false; n], work: Vec::new() };
    for i in 0..n {
        if needed(&t.ins[i]) {
            m.mark(i);
        }
    }
    for (n, s) in t.snaps.iter().enumerate() {
        // A snapshot before LOOP may serve guards behind it.
        let end = t.snaps.get(n + 1).map_or(t.ins.len(), |next| next.at as usize);
        let used = (s.at as usize..end).rev().find(|&i| may_leave(&t.ins[i])).unwrap_or(s.at as usize);
        s.entries.iter().for_each(|&(_, r)| m.uses(r, used));
    }
    loop {
        let mut more = false;
        while let Some(r) = m.work.pop() {
            m.mark(r.index());
        }
        for i in 0..n {
            if !m.live[i] && m.follows(&t.ins[i]) {
                more |= m.mark(i);
            }
            more |= m.live[i] && m.carries(i);
        }
        if !more {
            return m.live;
        }
    }
}

/// Flags operands of PHIs, and nothing else.
fn flag_phis(t: &mut Trace) {
    t.ins.iter_mut().for_each(|ins| ins.flags &= !flag::PHI);
    for i in (0..t.ins.len()).rev() {
        let Ins { op: Op::PHI, a, b, .. } = t.ins[i] else { continue };
        for r in [a, b].into_iter().filter(|r| r.is_ins()) {
            t.ins[r.index()].flags |= flag::PHI;
        }
    }
}

/// Removes NOPs.
fn compact(t: &mut Trace) {
    let mut new: Vec<u32> = Vec::with_capacity(t.ins.len() + 1);
    let mut n = 0;
    for ins in &t.ins {
        new.push(n);
        n += u32::from(ins.op != Op::NOP);
    }
    new.push(n);
    let moved = |r: &mut Ref| {
        if r.is_ins() {
            *r = Ref(new[r.index()]);
        }
    };
    t.ins.retain(|ins| ins.op != Op::NOP);
    for ins in &mut t.ins {
        let (ma, mb) = ins.op.modes();
        for (mode, r) in [(ma, &mut ins.a), (mb, &mut ins.b)] {
            if matches!(mode, Mode::Ref | Mode::Opt) {
                moved(r);
            }
        }
    }
    for s in &mut t.snaps {
        s.at = new[s.at as usize];
        s.entries.iter_mut().for_each(|(_, r)| moved(r));
    }
}

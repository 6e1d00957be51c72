//! PHIs: which values are carried around a loop.
//!
//! Found from the uses: roots are the effects and the exits of the loop. What they need of the round before gets a PHI, and so does what
//! that PHI needs. So values that nobody but themselves needs get none.

use super::Peeled;
use crate::Builder;
use abi::abort::Abort;
use ir::{Ins, Op, Ref, Ty, flag};

/// Most PHIs of a loop.
const MAX_PHIS: usize = 64;

/// Appends the PHIs.
pub(super) fn connect(b: &mut Builder, p: &Peeled) -> Result<(), Abort> {
    let t = b.trace();
    let end = t.ins.len();
    let mut found = Found { p, b, seen: vec![false; end], work: Vec::new(), left: Vec::new() };
    for i in p.at..end {
        if t.ins[i].has_effect() {
            found.need(Ref::ins(i));
        }
    }
    let first = t.snaps.partition_point(|s| s.at as usize <= p.at).saturating_sub(1);
    for (n, s) in t.snaps.iter().enumerate().skip(first) {
        let reach = p.at.max(s.at as usize)..t.snaps.get(n + 1).map_or(end, |s| s.at as usize);
        let behind_call = s.at as usize > p.at && t.ins[s.at as usize - 1].op == Op::CALLB;
        if behind_call || t.ins[reach].iter().any(|i| i.is_guard()) {
            s.entries.iter().for_each(|&(_, r)| found.need(r));
        }
    }
    found.run();
    let mut left = found.left;
    if left.len() > MAX_PHIS {
        return Err(Abort::Phis);
    }
    left.sort_unstable();
    b.make_room(left.len(), 0)?;
    let t = b.trace_mut();
    t.ins.iter_mut().for_each(|i| i.flags &= !flag::PHI);
    for &l in &left {
        let (l, r) = (Ref::ins(l), p.subst[l]);
        let ty = t.ty(l);
        if t.ty(r) != ty {
            return Err(Abort::TypeUnstable);
        }
        for x in [l, r].into_iter().filter(|x| x.is_ins()) {
            t.ins[x.index()].flags |= flag::PHI;
        }
        t.ins.push(Ins::new(Op::PHI, ty, l, r));
    }
    if crosses(b, p, &left) { Err(Abort::Inconsistent) } else { Ok(()) }
}

/// Search for what is needed.
struct Found<'a> {
    p: &'a Peeled,
    b: &'a Builder,
    seen: Vec<bool>,
    work: Vec<Ref>,
    /// Left operands of PHIs.
    left: Vec<usize>,
}

impl Found<'_> {
    fn need(&mut self, r: Ref) {
        if r.is_ins() && !std::mem::replace(&mut self.seen[r.index()], true) {
            self.work.push(r);
        }
    }

    fn run(&mut self) {
        while let Some(r) = self.work.pop() {
            let i = r.index();
            let ins = self.b.trace().ins[i];
            if i >= self.p.at {
                ins.refs().for_each(|x| self.need(x));
            } else if ins.op == Op::CARG {
                // A list of arguments is no value: its members are carried.
                ins.refs().for_each(|x| self.need(x));
            } else if varies(self.p, i) && !ins.ty.is_pri() {
                self.left.push(i);
                self.need(self.p.subst[i]);
            }
        }
    }
}

/// Says whether an instruction before the loop has another value in each round.
pub(super) fn varies(p: &Peeled, i: usize) -> bool {
    let r = p.subst.get(i).copied().unwrap_or(Ref::NONE);
    r != Ref::NONE && r != Ref::ins(i)
}

/// Says whether an object or address is used across a call that collects.
fn crosses(b: &Builder, p: &Peeled, left: &[usize]) -> bool {
    let t = b.trace();
    let calls: Vec<usize> = (p.at..t.ins.len()).filter(|&i| t.ins[i].op == Op::CALLB).collect();
    let Some(&first) = calls.first() else { return false };
    let bad = |r: Ref, user: usize| {
        if !r.is_ins() || r == Ref::BASE || !(t.ty(r).is_gc() || t.ty(r) == Ty::Ptr) {
            return false;
        }
        let i = r.index();
        if i >= p.at { calls.iter().any(|&c| i < c && c < user) } else { !left.contains(&i) || first < user }
    };
    let uses = |i: usize| t.ins[i].refs().any(|r| bad(r, i));
    let exits =
        t.snaps.iter().filter(|s| s.at as usize > p.at).any(|s| s.entries.iter().any(|&(_, r)| bad(r, s.at as usize)));
    exits || (p.at..t.ins.len()).any(uses)
}

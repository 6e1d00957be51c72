//! Counted loops in strips: within a strip nobody looks whether the interpreter is wanted.
//!
//! ```text
//! strip: bound = min(limit, index + 1024 rounds) ─► loop: … index ≤ bound ⟲
//!   ▲                                                        │ else
//!   └── nobody wants the interpreter ◄── index ≤ limit? ◄────┘      else: the loop's exit
//! ```
//!
//! The index has 64 bits, and what it has as 32 is made of it: guards before the loop say that it never overflows.
//!
//! Invariant: such a loop calls nothing that allocates or writes, so a strip is short and the collector has no reason to come.

use super::exits::Phi;
use super::{Branching, Lowerer, Refusal, Val, block};
use ir::{Const, Ins, Op, Ref, Trace, Ty};

/// Rounds of a strip, as a power of two.
const ROUNDS: u32 = 10;

/// What is added to an index so that a sum that overflows is no index of an array.
const NEAR: std::ops::RangeInclusive<i32> = -0x4000_0000..=0x3fff_ffff;

/// A loop that can be made of strips.
pub(super) struct Plan {
    /// The guard that the index is within the limit; GCSTEP is behind it.
    test: usize,
    /// Where LOOP is.
    at: usize,
    /// The index at the head, and in the next round.
    index: Ref,
    next: Ref,
    step: Ref,
    limit: Ref,
}

/// A loop of strips under way.
pub(crate) struct Strip {
    test: usize,
    at: usize,
    index: Ref,
    next: Ref,
    bound: String,
    /// The step, of 64 bits.
    step: String,
    /// The index as a number of 64 bits: before the loop, at its head and in the next round.
    wide: (String, String, Option<String>),
    /// Name of the index at the head.
    narrow: String,
    /// Label of the strip's head.
    head: String,
    /// Label of the block before the first strip.
    before: String,
    /// Name and left value of each PHI at the strip's head.
    phis: Vec<(String, Val)>,
    /// Label of the last block before the next strip.
    last: String,
}

/// Says how the loop of a trace, with LOOP at `at`, is made of strips.
pub(super) fn of(t: &Trace, at: usize) -> Option<Plan> {
    let gc = (at..t.ins.len()).find(|i| t.ins[*i].op == Op::GCSTEP)?;
    let only_phis = t.ins[gc + 1..].iter().all(|i| matches!(i.op, Op::PHI | Op::NOP));
    if t.repeats || !only_phis || t.ins[at + 1..gc].iter().any(|i| does_much(*i)) {
        return None;
    }
    let test = gc - 1;
    let guard = t.ins[test];
    if guard.op != Op::LE || guard.ty != Ty::Int || !guard.is_guard() || !guard.a.is_ins() {
        return None;
    }
    let next = t.ins[guard.a.index()];
    let phi = |i: &Ins| i.op == Op::PHI && i.a == next.a && i.b == guard.a;
    let varies = |r: Ref| r.is_ins() && (r.index() > at || t.ins[gc..].iter().any(|i| i.op == Op::PHI && i.a == r));
    let counts = next.op == Op::ADD && next.ty == Ty::Int && t.ins[gc..].iter().any(phi);
    let down = matches!(t.as_const(next.b), Some(Const::Int(n)) if *n <= 0);
    if !counts || down || varies(next.b) || varies(guard.b) || t.ty(next.b) != Ty::Int || t.ty(guard.b) != Ty::Int {
        return None;
    }
    Some(Plan { test, at, index: next.a, next: guard.a, step: next.b, limit: guard.b })
}

/// Says whether an instruction is a call of more than arithmetic.
fn does_much(ins: Ins) -> bool {
    matches!(
        ins.op,
        Op::CALLB | Op::CALLA | Op::CALLS | Op::CALLL | Op::CAT | Op::SNEW | Op::TNEW | Op::TDUP | Op::FNEW
    ) || matches!(ins.op, Op::NEWREF | Op::UCLO | Op::TOSTR | Op::STRTO | Op::HREF | Op::RETF | Op::LOOP | Op::GCSTEP)
}

impl Lowerer<'_> {
    /// Begins a strip; `phis` get its values as left ones. Returns the label of the block before the loop.
    pub(super) fn strip_begins(
        &mut self,
        b: &mut Branching,
        plan: &Plan,
        before: String,
        phis: &mut [Phi],
    ) -> Result<String, Refusal> {
        let head = self.f.label();
        let (limit, step) = (self.val(b, plan.limit)?, self.val(b, plan.step)?);
        self.f.line(format_args!("br label %{head}"));
        self.f.begin(&head);
        let t = &self.tree.branches[b.branch].trace;
        let (mut lefts, mut index) = (Vec::new(), None);
        for p in phis.iter_mut() {
            let name = self.f.name();
            if t.ins[p.at].a == plan.index {
                index = Some((name.clone(), p.name.clone()));
            }
            let here = Val::new(name.as_str(), p.left.ty);
            lefts.push((name, std::mem::replace(&mut p.left, here)));
        }
        let (index, narrow) = index.ok_or_else(|| Refusal("a loop counts what has no PHI".into()))?;
        let up = matches!(t.as_const(plan.step), Some(Const::Int(n)) if *n > 0);
        let mut extend = |what: &str| self.f.let_(format_args!("sext i32 {what} to i64"));
        let (wide, first, last) = (extend(&step.text), extend(&index), extend(&limit.text));
        let bound = if up {
            let rounds = self.f.let_(format_args!("shl i64 {wide}, {ROUNDS}"));
            let far = self.f.let_(format_args!("add i64 {first}, {rounds}"));
            let bound = self.f.let_(format_args!("call i64 @llvm.smin.i64(i64 {far}, i64 {last})"));
            self.f.let_(format_args!("trunc i64 {bound} to i32"))
        } else {
            // Where a step goes down a strip is one round.
            let rounds = self.f.let_(format_args!("call i32 @llvm.sshl.sat.i32(i32 {}, i32 {ROUNDS})", step.text));
            let far = self.f.let_(format_args!("call i32 @llvm.sadd.sat.i32(i32 {index}, i32 {rounds})"));
            self.f.let_(format_args!("call i32 @llvm.smin.i32(i32 {far}, i32 {})", limit.text))
        };
        b.strip = Some(Strip {
            test: plan.test,
            at: plan.at,
            index: plan.index,
            next: plan.next,
            bound,
            step: wide,
            wide: (first, self.f.name(), None),
            narrow,
            head: head.clone(),
            before,
            phis: lefts,
            last: String::new(),
        });
        Ok(head)
    }

    /// Lowers the end of a strip, if instruction `at` is one, and the look behind it.
    pub(super) fn strip_ends(&mut self, b: &mut Branching, at: usize, ins: Ins) -> Result<bool, Refusal> {
        let Some(s) = &b.strip else { return Ok(false) };
        if at == s.test + 1 {
            return Ok(true);
        }
        if at != s.test {
            return Ok(false);
        }
        let (bound, head) = (s.bound.clone(), s.head.clone());
        let (x, limit) = (self.val(b, ins.a)?, self.val(b, ins.b)?);
        // Of 64 bits it would become "index < bound", and both the index and the next one were needed.
        let within = self.f.let_(format_args!("icmp sle i32 {}, {bound}", x.text));
        let (on, next) = (self.f.label(), self.f.label());
        let seldom = block::weight(1);
        self.f.line(format_args!("br i1 {within}, label %{on}, label %{next}, !prof !{seldom}"));
        self.f.begin(&next);
        let ok = self.f.let_(format_args!("icmp sle i32 {}, {}", x.text, limit.text));
        self.fails(b, at, &ok)?;
        let snap = self.snap_at(b, at + 1)?;
        self.attention(b, snap)?;
        if let Some(s) = &mut b.strip {
            s.last = self.f.current();
        }
        self.f.line(format_args!("br label %{head}"));
        self.f.begin(&on);
        Ok(true)
    }

    /// Begins the loop's code: the index has 32 bits, too.
    pub(super) fn strip_head(&mut self, b: &Branching) {
        if let Some(s) = &b.strip {
            self.f.line(format_args!("{} = trunc i64 {} to i32", s.narrow, s.wide.1));
            self.wide.insert(s.narrow.clone(), s.wide.1.clone());
        }
    }

    /// Counts, if instruction `at` does that; returns the value.
    pub(super) fn strip_counts(&mut self, b: &mut Branching, at: usize) -> Option<String> {
        let s = b.strip.as_mut().filter(|s| s.next == Ref::ins(at))?;
        let next = self.f.let_(format_args!("add i64 {}, {}", s.wide.1, s.step));
        s.wide.2 = Some(next.clone());
        let narrow = self.f.let_(format_args!("trunc i64 {next} to i32"));
        self.wide.insert(narrow.clone(), next);
        Some(narrow)
    }

    /// Makes a double of an integer: of its 64 bits, if it has them, so that loops need not count twice.
    pub(super) fn double_of(&mut self, int: &str) -> String {
        match self.wide.get(int).cloned() {
            Some(wide) => self.f.let_(format_args!("sitofp i64 {wide} to double")),
            None => self.f.let_(format_args!("sitofp i32 {int} to double")),
        }
    }

    /// Returns an integer as a number of 64 bits, if it is the index, or what an instruction of the loop adds to that as an index of an array: a bounds
    /// check has found that the sum does not overflow.
    pub(super) fn wide(&mut self, b: &Branching, r: Ref) -> Option<String> {
        let s = b.strip.as_ref()?;
        if r == s.index {
            return Some(s.wide.1.clone());
        }
        if r == s.next {
            return s.wide.2.clone();
        }
        let t = &self.tree.branches[b.branch].trace;
        let add = t.ins.get(r.index()).filter(|i| r.is_ins() && r.index() > s.at && i.op == Op::ADD)?;
        match t.as_const(add.b) {
            Some(Const::Int(k)) if NEAR.contains(k) && (add.a == s.index || add.a == s.next) => {
                let of = self.wide(b, add.a)?;
                Some(self.f.let_(format_args!("add nsw i64 {of}, {k}")))
            }
            _ => None,
        }
    }

    /// Writes the PHI of the index, if `name` is that; `before` and `last` are the blocks before the loop and at its end.
    pub(super) fn wide_phi(&mut self, b: &Branching, name: &str, label: &str, before: &str, last: &str) -> bool {
        let Some(s) = b.strip.as_ref().filter(|s| s.narrow == name) else { return false };
        let (left, at_head, next) = &s.wide;
        let Some(next) = next else { return false };
        self.f.phi(label, format_args!("{at_head} = phi i64 [ {left}, %{before} ], [ {next}, %{last} ]"));
        true
    }

    /// Writes the PHIs of strips; `rights` are what a round gives.
    pub(super) fn strip_goes_on(&mut self, b: &Branching, rights: &[Val]) {
        let Some(s) = &b.strip else { return };
        for ((name, left), right) in s.phis.iter().zip(rights) {
            let (ty, l, r) = (block::llvm(left.ty), &left.text, &right.text);
            self.f.phi(&s.head, format_args!("{name} = phi {ty} [ {l}, %{} ], [ {r}, %{} ]", s.before, s.last));
        }
    }
}

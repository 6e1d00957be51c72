//! Counted loops in strips: within a strip nobody looks whether the interpreter is wanted.
//!
//! ```text
//! strip: bound = min(limit, index + 1024 rounds) ─► loop: … index ≤ bound ⟲
//!   ▲                                                        │ else
//!   └── nobody wants the interpreter ◄── index ≤ limit? ◄────┘      else: the loop's exit
//! ```
//!
//! Invariant: such a loop calls nothing that allocates or writes, so a strip is short and the collector has no reason to come.

use super::{Branching, Lowerer, Refusal, Val, block};
use ir::{Const, Ins, Op, Ref, Trace, Ty};

/// Rounds of a strip, as a power of two.
const ROUNDS: u32 = 10;

/// A loop that can be made of strips.
pub(super) struct Plan {
    /// The guard that the index is within the limit; GCSTEP is behind it.
    test: usize,
    /// The index at the head.
    index: Ref,
    step: Ref,
    limit: Ref,
}

/// A loop of strips under way.
pub(crate) struct Strip {
    test: usize,
    bound: String,
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
    Some(Plan { test, index: next.a, step: next.b, limit: guard.b })
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
        phis: &mut [(String, Val, usize, Ref)],
    ) -> Result<String, Refusal> {
        let head = self.f.label();
        let (limit, step) = (self.val(b, plan.limit)?, self.val(b, plan.step)?);
        self.f.line(format_args!("br label %{head}"));
        self.f.begin(&head);
        let t = &self.tree.branches[b.branch].trace;
        let (mut lefts, mut index) = (Vec::new(), None);
        for (_, left, i, _) in phis.iter_mut() {
            let name = self.f.name();
            if t.ins[*i].a == plan.index {
                index = Some(name.clone());
            }
            let here = Val { text: name.as_str().into(), ty: left.ty };
            lefts.push((name, std::mem::replace(left, here)));
        }
        let index = index.ok_or_else(|| Refusal("a loop counts what has no PHI".into()))?;
        // Where a step goes down a strip is one round.
        let rounds = self.f.let_(format_args!("call i32 @llvm.sshl.sat.i32(i32 {}, i32 {ROUNDS})", step.text));
        let far = self.f.let_(format_args!("call i32 @llvm.sadd.sat.i32(i32 {index}, i32 {rounds})"));
        let bound = self.f.let_(format_args!("call i32 @llvm.smin.i32(i32 {far}, i32 {})", limit.text));
        b.strip = Some(Strip { test: plan.test, bound, head: head.clone(), before, phis: lefts, last: String::new() });
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

    /// Writes the PHIs of strips; `rights` are what a round gives.
    pub(super) fn strip_goes_on(&mut self, b: &Branching, rights: &[Val]) {
        let Some(s) = &b.strip else { return };
        for ((name, left), right) in s.phis.iter().zip(rights) {
            let (ty, l, r) = (block::llvm(left.ty), &left.text, &right.text);
            self.f.phi(&s.head, format_args!("{name} = phi {ty} [ {l}, %{} ], [ {r}, %{} ]", s.before, s.last));
        }
    }
}

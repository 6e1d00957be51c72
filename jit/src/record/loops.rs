//! Loops: numeric, generic, others; where a trace closes, and what happens at inner loops.

use super::{Begin, Rec, Res, Status, Tr};
use crate::subject::{P, V};
use abi::abort::Abort;
use bytecode::{Ins, Op};
use ir::{Link, Op as I, Ref, Trace, Ty, sload};
use std::ops::Range;

/// Slots of a numeric loop, relative to its `A`.
const IDX: i32 = 0;
const STOP: i32 = 1;
const STEP: i32 = 2;
const EXT: i32 = 3;

/// What a loop instruction is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// Leaves the loop.
    Leave,
    /// Goes on with it.
    Enter,
}

impl Rec<'_> {
    /// Prepares the slots of the loop that a root trace begins in.
    pub(super) fn begin_root(&mut self) -> Res<()> {
        let Begin::Loop(at) = self.t.begin else { return Ok(()) };
        let ins = self.s.code(self.t.proto, at);
        self.t.range = self.range_of(at, ins);
        if matches!(ins.op(), Some(Op::FORL | Op::IFORL | Op::JFORL)) {
            let a = i32::from(ins.a());
            // FORI is before the body: FORL jumps behind it.
            let fori = (i64::from(at) + i64::from(ins.jump())) as u32;
            self.load_for(a, fori)?;
        }
        Ok(())
    }

    /// The same of a side trace that begins with all slots in memory at the body of a numeric loop: the visible index is that of the loop, unless
    /// something in the body jumps to its beginning.
    pub(super) fn begin_body(&mut self) -> Res<()> {
        let (proto, body) = self.t.start;
        match self.loop_of_body().filter(|_| self.t.fresh) {
            Some((ins, close)) if !self.jumped_to(proto, body, body..close) => {
                self.load_for(i32::from(ins.a()), body - 1)
            }
            _ => Ok(()),
        }
    }

    /// Returns the FORI, and the place of the FORL, of the numeric loop at whose body the trace begins.
    fn loop_of_body(&self) -> Option<(Ins, u32)> {
        let (proto, body) = self.t.start;
        let ins = self.s.code(proto, body.checked_sub(1)?);
        let close = i64::from(body) + i64::from(ins.jump()) - 1;
        matches!(ins.op(), Some(Op::FORI | Op::JFORI)).then_some((ins, close as u32))
    }

    /// Says whether one of the instructions `from` jumps to the one at `pc`.
    fn jumped_to(&self, proto: P, pc: u32, mut from: Range<u32>) -> bool {
        from.any(|at| {
            let ins = self.s.code(proto, at);
            let there = i64::from(at) + 1 + i64::from(ins.jump()) == i64::from(pc);
            there && ins.op().is_some_and(|op| op.modes().c == bytecode::Mode::Jump)
        })
    }

    /// Returns the first and last instruction of the loop that closes at `at`; nothing if it never jumps back.
    fn range_of(&self, at: u32, ins: Ins) -> Option<(u32, u32)> {
        let behind = |at: u32, ins: Ins| (i64::from(at) + 1 + i64::from(ins.jump())) as u32;
        let last = match ins.op()? {
            Op::LOOP | Op::ILOOP | Op::JLOOP => behind(at, ins).checked_sub(1)?,
            Op::ITERN => at + 1,
            _ => at,
        };
        let back = self.s.code(self.t.proto, last);
        if last > at && back.op() != Some(Op::JMP) && !matches!(back.op(), Some(Op::ITERL | Op::IITERL | Op::JITERL)) {
            return None;
        }
        (back.jump() < 0).then(|| (behind(last, back), last))
    }

    /// Loads index, limit and step of a numeric loop; integers where the loop is one of integers.
    fn load_for(&mut self, a: i32, fori: u32) -> Res<()> {
        let live = [IDX, STOP, STEP].map(|i| self.s.slot(a + i));
        let [idx, stop, step] = live;
        let (Some(_), Some(_), Some(n)) = (idx.num(), stop.num(), step.num()) else { return Err(Abort::Error) };
        let int = self.is_int_loop(idx, stop, step);
        let base = self.base();
        // The step, mostly a constant just before FORI, then the limit.
        let step_k = fori.checked_sub(1).and_then(|pc| self.constant_before(pc, a + STEP));
        let stop_k = step_k.and(fori.checked_sub(2)).and_then(|pc| self.constant_before(pc, a + STOP));
        let load = |r: &mut Self, i: i32, k: Option<f64>| -> Res<Tr> {
            let slot = base + a + i;
            let tr = match (k, r.known(slot)) {
                (Some(k), _) => {
                    if int {
                        r.knumint(k)
                    } else {
                        r.knum(k)
                    }
                }
                (None, Some(tr)) => r.loop_number(tr, int)?,
                (None, None) if int => r.load(slot, Ty::Int, sload::CONVERT)?,
                (None, None) => r.load(slot, Ty::Num, 0)?,
            };
            if r.known(slot).is_none_or(|old| old.r != tr.r) {
                let mem = k.is_some() && r.known(slot).is_none();
                r.put(slot, tr, mem);
            }
            Ok(tr)
        };
        let step_tr = load(self, STEP, step_k)?;
        let stop_tr = load(self, STOP, stop_k)?;
        let idx_tr = load(self, IDX, None)?;
        self.t.b.observe(stop_tr.r, stop.num().unwrap_or_default() as i64);
        self.loop_guards(step_tr, n, stop_tr, int)?;
        // In the body the index is visible as a local.
        let ext = base + a + EXT;
        let mem = !self.t.started && (!self.t.side || self.t.fresh);
        self.put(ext, idx_tr, mem);
        Ok(())
    }

    /// Guards the direction of a loop whose step is not constant, and that an index of integers cannot overflow.
    fn loop_guards(&mut self, step: Tr, n: f64, stop: Tr, int: bool) -> Res<()> {
        if !step.r.is_const() {
            let zero = if int { self.kint(0) } else { self.knum(0.0) };
            // -0 counts down not: the interpreter looks at the sign; only clear signs are compiled.
            if n == 0.0 {
                return Err(Abort::NyiOp);
            }
            self.compare(if n > 0.0 { I::GT } else { I::LT }, step.ty, step.r, zero.r)?;
        }
        if int && !(stop.r.is_const() && step.r.is_const()) {
            if step.r.is_const() {
                let limit = if n > 0.0 { i32::MAX - n as i32 } else { i32::MIN - n as i32 };
                let k = self.kint(limit);
                self.compare(if n > 0.0 { I::LE } else { I::GE }, Ty::Int, stop.r, k.r)?;
            } else {
                // An overflow of the sum of limit and step is one of the index.
                self.guard(I::ADDOV, Ty::Int, stop.r, step.r)
                    .and_then(|t| self.emit(I::USE, Ty::Void, t.r, Ref::NONE))?;
            }
        }
        Ok(())
    }

    /// A number as a loop of integers, or of others, has it.
    fn loop_number(&mut self, v: Tr, int: bool) -> Res<Tr> {
        match (int, v.ty) {
            (true, Ty::Num) => self.guard(I::CONV, Ty::Int, v.r, Ref::lit(ir::Conv::IntNum as i32)),
            (true, _) => Ok(v),
            (false, _) => self.as_num(v),
        }
    }

    /// Says whether all of a loop's values are integers, with no overflow at the end.
    fn is_int_loop(&self, idx: V, stop: V, step: V) -> bool {
        let (Some(_), Some(n), Some(s)) = (idx.int(), stop.int(), step.int()) else { return false };
        self.t.params.passes.narrow && s != 0 && n.checked_add(s).is_some()
    }

    /// Number that the instruction at `pc` loads into slot `a` of the running frame.
    fn constant_before(&self, pc: u32, a: i32) -> Option<f64> {
        let ins = self.s.code(self.t.proto, pc);
        if i32::from(ins.a()) != a {
            return None;
        }
        // A value like `step or 1` is such an instruction behind a jump over it.
        if self.jumped_to(self.t.proto, pc + 1, 1..self.s.info(self.t.proto).size) {
            return None;
        }
        match ins.op() {
            Some(Op::KSHORT) => Some(f64::from(ins.d() as i16)),
            Some(Op::KNUM) => Some(self.s.knum(self.t.proto, ins.d().into())),
            _ => None,
        }
    }

    /// Enters a numeric loop, or jumps over it.
    pub(super) fn rec_fori(&mut self, ins: Ins) -> Res<Status> {
        let a = i32::from(ins.a());
        let pc = self.t.pc;
        let live = [IDX, STOP, STEP].map(|i| self.s.slot(a + i));
        let [Some(i), Some(stop), Some(step)] = live.map(V::num) else { return Err(Abort::Error) };
        let up = !step.is_sign_negative();
        let enters = if up { i <= stop } else { stop <= i };
        let int = self.is_int_loop(live[0], live[1], live[2]);
        let tr = [self.get(a + IDX)?, self.get(a + STOP)?, self.get(a + STEP)?];
        let [idx, stop_tr, step_tr] = tr.map(|v| self.loop_number(v, int));
        let (idx, stop_tr, step_tr) = (idx?, stop_tr?, step_tr?);
        self.loop_guards(step_tr, step, stop_tr, int)?;
        // The exit goes the other way.
        let over = (i64::from(pc) + 1 + i64::from(ins.jump())) as u32;
        let ty = idx.ty;
        if enters && !self.t.params.stress {
            self.snapshot_at(over)?;
        } else {
            self.snapshot()?;
        }
        self.compare_for(if up { I::LE } else { I::GE }, ty, idx, stop_tr, enters)?;
        self.want_snapshot();
        for (k, v) in [(IDX, idx), (STOP, stop_tr), (STEP, step_tr)] {
            if self.known(self.base() + a + k).is_none_or(|o| o.r != v.r) {
                self.set(a + k, v);
            }
        }
        self.set(a + EXT, idx);
        let close = over - 1;
        // The instruction is done: what the trace links to begins behind it.
        if enters {
            self.forget_above(a + EXT + 1);
            self.t.pc = pc + 1;
        } else {
            self.forget_above(a);
            self.t.pc = over;
        }
        self.loop_event(close, if enters { Event::Enter } else { Event::Leave })
    }

    /// Guards `idx <= stop` (or `>=`), or its opposite.
    fn compare_for(&mut self, op: I, ty: Ty, idx: Tr, stop: Tr, holds: bool) -> Res<()> {
        // `idx >= stop` of numbers must be false if unordered: GE is true then, so the operands are swapped.
        if ty == Ty::Num && op == I::GE {
            return self.compare(if holds { I::LE } else { I::GT }, ty, stop.r, idx.r);
        }
        self.compare(if holds { op } else { op.negated() }, ty, idx.r, stop.r)
    }

    /// Steps a numeric loop.
    pub(super) fn rec_forl(&mut self, ins: Ins) -> Res<Status> {
        let a = i32::from(ins.a());
        let pc = self.t.pc;
        let body = (i64::from(pc) + 1 + i64::from(ins.jump())) as u32;
        let live = [IDX, STOP, STEP].map(|i| self.s.slot(a + i));
        let [Some(i), Some(stop), Some(step)] = live.map(V::num) else { return Err(Abort::Inconsistent) };
        let up = !step.is_sign_negative();
        let next = i + step;
        let stays = if up { next <= stop } else { stop <= next };
        if (IDX..=STEP).any(|i| self.known(self.base() + a + i).is_none()) {
            // A side trace that began inside the loop.
            self.load_for(a, body - 1)?;
        }
        let (idx, stop_tr, step_tr) = (self.get(a + IDX)?, self.get(a + STOP)?, self.get(a + STEP)?);
        let int = idx.ty == Ty::Int && stop_tr.ty == Ty::Int && step_tr.ty == Ty::Int;
        let (idx, stop_tr) = if int { (idx, stop_tr) } else { (self.as_num(idx)?, self.as_num(stop_tr)?) };
        let step_tr = if int { step_tr } else { self.as_num(step_tr)? };
        let ty = if int { Ty::Int } else { Ty::Num };
        let idx = self.emit(I::ADD, ty, idx.r, step_tr.r)?;
        // The exit has stepped as well: the interpreter goes on behind the loop, or in its body.
        if self.t.params.stress {
            self.snapshot()?;
        }
        self.set(a + IDX, idx);
        if self.t.params.stress {
            // It steps itself.
        } else if stays {
            self.snapshot_at(pc + 1)?;
        } else {
            self.set(a + EXT, idx);
            self.snapshot_at(body)?;
        }
        self.compare_for(if up { I::LE } else { I::GE }, ty, idx, stop_tr, stays)?;
        self.want_snapshot();
        if stays {
            self.set(a + EXT, idx);
            self.forget_above(a + EXT + 1);
            // What follows begins at the body.
            self.t.pc = body;
        } else {
            self.forget_above(a);
            self.t.pc = pc + 1;
        }
        self.loop_event(pc, if stays { Event::Enter } else { Event::Leave })
    }

    /// Returns the root trace of the numeric loop in which a side trace begins, if the parent expected the loop to end and it does not. Another
    /// round as a trace of its own would only lead to more such traces.
    pub(super) fn goes_on(&self, parent: &Trace, exit: usize) -> Option<u32> {
        let (_, close) = self.loop_of_body()?;
        // When exits are stressed, they have not stepped: the place is the FORL, which in an empty loop is the body, too.
        if self.t.params.stress || self.t.fresh {
            return None;
        }
        let at = parent.snaps[exit].at as usize;
        let end = parent.snaps.get(exit + 1).map_or(parent.ins.len(), |s| s.at as usize);
        let [guard] = parent.ins.get(at..end)? else { return None };
        let ends = matches!(guard.op, I::LT | I::GT | I::ULT | I::UGT | I::GE | I::UGE) && guard.is_guard();
        self.s.trace_at(self.t.start.0, close).filter(|_| ends)
    }

    /// Closes a generic loop: another round unless the first value is nil.
    pub(super) fn rec_iterl(&mut self, ins: Ins) -> Res<Status> {
        let a = i32::from(ins.a());
        let pc = self.t.pc;
        let v = self.get(a)?;
        let stays = v.ty != Ty::Nil;
        if stays {
            self.set(a - 1, v);
            self.t.pc = (i64::from(pc) + 1 + i64::from(ins.jump())) as u32;
        } else {
            self.forget_above(a - 3);
            self.t.pc = pc + 1;
        }
        self.want_snapshot();
        let event = if stays { Event::Enter } else { Event::Leave };
        if self.s.code(self.t.proto, pc - 1).op() == Some(Op::ITERN) {
            if event == Event::Leave && self.is_close(pc - 1) {
                return Err(Abort::LeftLoop);
            }
            return Ok(Status::Go);
        }
        self.loop_event(pc, event)
    }

    /// Leaves a loop by position.
    pub(super) fn leave_pairs(&mut self, a: i32) -> Res<Status> {
        let pc = self.t.pc;
        if self.is_close(pc) {
            return Err(Abort::LeftLoop);
        }
        self.forget_above(a - 3);
        self.t.pc = pc + 2;
        self.want_snapshot();
        Ok(Status::Go)
    }

    /// Says whether the instruction is where the root trace that is recorded closes.
    fn is_close(&self, at: u32) -> bool {
        (self.t.proto, at) == self.t.close
            && self.depth() == 0
            && self.t.ret_depth == 0
            && !self.t.side
            && matches!(self.t.begin, Begin::Loop(_))
    }

    /// The head of another loop.
    pub(super) fn rec_loop(&mut self, a: i32) -> Res<Status> {
        self.forget_above(a);
        let pc = self.t.pc;
        if self.is_close(pc) {
            // The trace begins behind the instruction.
            self.t.pc = pc + 1;
            self.want_snapshot();
        }
        self.loop_event(pc, Event::Enter)
    }

    /// Decides what a loop means for the trace; `at` is the instruction that has (or would have) the loop's trace.
    pub(super) fn loop_event(&mut self, at: u32, event: Event) -> Res<Status> {
        let root = !self.t.side;
        if self.is_close(at) {
            if event == Event::Leave {
                return Err(Abort::LeftLoop);
            }
            return self.stop(Link::Loop);
        }
        if event == Event::Leave {
            // The trace goes on behind a loop that is left.
            return Ok(Status::Go);
        }
        if let Some(no) = self.s.trace_at(self.t.proto, at) {
            if root {
                // Better let the inner loop spawn a side trace that comes back here.
                return Err(Abort::InnerLoop);
            }
            // Back where it began: a loop of its own.
            let back = (self.t.proto, self.t.pc) == self.t.start && self.depth() == 0 && self.t.ret_depth == 0;
            if back && self.t.fresh {
                self.t.root = Some(no);
                return self.stop(Link::Loop);
            }
            return self.stop(Link::Root(no));
        }
        if root {
            if !self.s.loop_left(self.t.proto, at) {
                return Err(Abort::InnerLoop);
            }
            let len = self.t.b.trace().ins.len();
            self.t.loop_unroll -= 1;
            if self.t.loop_unroll < 0 || self.t.loop_ref.is_some_and(|r| len - r > 24) {
                return Err(Abort::LoopUnroll);
            }
            self.t.loop_ref = Some(len);
        } else {
            self.t.loop_unroll -= 1;
            if self.t.loop_unroll < 0 {
                return Err(Abort::LoopUnroll);
            }
        }
        Ok(Status::Go)
    }
}

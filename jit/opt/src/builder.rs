//! Emission of instructions: every one passes fold, cse and forwarding before it is appended.
//!
//! Instructions of one operation are chained, youngest first: equal instructions and aliasing stores are found without
//! looking at others. No emission allocates, but for the growth of the trace itself, which may fail ([`Growth`]).
//!
//! Invariant: the chains cover the trace whenever an instruction is emitted, whoever changed it meanwhile through
//! [`Builder::trace_mut`]: what was pushed is chained, after a truncation everything is chained anew. Who replaces instructions
//! in place by others calls [`Builder::reindex`].
//!
//! Invariant: an instruction with [`flag::PHI`](ir::flag::PHI) means another value in every round of the loop, so its operands say nothing about
//! it: fold rules do not look through it ([`Builder::look`]). Who finds out that a value is carried around the loop sets the flag at once.

use crate::mem::{self, Forward};
use crate::{Passes, cse, fold};
use abi::abort::Abort;
use abi::grow::Growth;
use ir::{Const, Ins, Op, Ref, Slot, Trace, Ty, flag};
use std::sync::Arc;

/// Limits of a trace.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions (`maxrecord`).
    pub ins: usize,
    /// Constants (`maxirconst`).
    pub consts: usize,
    /// Snapshots (`maxsnap`).
    pub snaps: usize,
    /// Unrolls of a side loop (`loopunroll`).
    pub unroll: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { ins: 4000, consts: 500, snaps: 500, unroll: 15 }
    }
}

/// Constants that there is room for behind every instruction: more than making the next one takes.
const SPARE: usize = 16;

/// End of a chain.
const END: u32 = u32::MAX;

/// A trace under construction.
#[derive(Clone)]
pub struct Builder {
    trace: Trace,
    passes: Passes,
    limits: Limits,
    growth: Growth,
    /// Youngest instruction of each operation.
    chain: [u32; Op::COUNT],
    /// The next older instruction of the same operation, by instruction.
    prev: Vec<u32>,
    /// How often each fold rule fired, and how often it did not for an instruction of its operations; in debug builds.
    pub(crate) hits: [(u32, u32); fold::COUNT],
    state: mem::State,
}

impl Builder {
    /// Begins with a trace, mostly an empty one.
    pub fn new(trace: Trace, passes: Passes, limits: Limits) -> Builder {
        let hits = [(0, 0); fold::COUNT];
        let state = mem::State::default();
        let mut b = Builder {
            trace,
            passes,
            limits,
            growth: Growth::default(),
            chain: [END; Op::COUNT],
            prev: Vec::new(),
            hits,
            state,
        };
        b.sync();
        b
    }

    /// Lets somebody decide from now on whether the trace may grow.
    pub fn growing(self, growth: Growth) -> Builder {
        Builder { growth, ..self }
    }

    /// Returns who decides whether buffers may grow.
    pub fn growth(&self) -> &Growth {
        &self.growth
    }

    /// Makes room for instructions and snapshots that are added without [`Builder::emit`].
    pub fn make_room(&mut self, ins: usize, snaps: usize) -> Result<(), Abort> {
        self.growth.room(&mut self.trace.ins, ins)?;
        self.growth.room(&mut self.trace.snaps, snaps)
    }

    /// Makes a copy of the trace so far, for an attempt that may be given up.
    pub fn attempt(&self) -> Result<Builder, Abort> {
        self.growth.pass()?;
        Ok(self.clone())
    }

    /// Emits an instruction; returns what stands for it: itself, an earlier one, or a constant. For guards that are known to hold
    /// and for what has no value the reference is meaningless. A guard that cannot hold is an abort.
    pub fn emit(&mut self, ins: Ins) -> Result<Ref, Abort> {
        self.sync();
        let ins = match self.passes.fold {
            true => match fold::fold(self, ins)? {
                fold::Folded::Into(r) => return Ok(r),
                fold::Folded::Remains(ins) => ins,
            },
            false => ins,
        };
        if self.passes.cse
            && let Some(i) = cse::find(self, &ins)
        {
            return Ok(Ref::ins(i));
        }
        match mem::forward(self, &ins)? {
            Forward::Emit => self.append(ins),
            Forward::Instead(ins) => self.append(ins),
            Forward::Use(r) => Ok(r),
        }
    }

    /// Appends an instruction as it is: neither folded nor merged.
    pub fn emit_raw(&mut self, ins: Ins) -> Result<Ref, Abort> {
        self.sync();
        self.append(ins)
    }

    pub(crate) fn append(&mut self, ins: Ins) -> Result<Ref, Abort> {
        let at = self.trace.ins.len();
        if at >= self.limits.ins {
            return Err(Abort::TooLong);
        }
        if self.trace.consts.len() > self.limits.consts {
            return Err(Abort::TooManyConsts);
        }
        if self.trace.snaps.len() > self.limits.snaps {
            return Err(Abort::TooManySnaps);
        }
        self.growth.room(&mut self.trace.ins, 1)?;
        self.growth.room(&mut self.trace.consts, SPARE)?;
        self.growth.room(&mut self.prev, 1)?;
        self.trace.ins.push(ins);
        self.link(at, ins.op);
        Ok(Ref::ins(at))
    }

    fn link(&mut self, at: usize, op: Op) {
        self.prev.push(self.chain[op as usize]);
        self.chain[op as usize] = at as u32;
    }

    /// Chains what is not chained yet.
    fn sync(&mut self) {
        if self.prev.len() > self.trace.ins.len() {
            self.reindex();
        }
        while self.prev.len() < self.trace.ins.len() {
            let at = self.prev.len();
            self.link(at, self.trace.ins[at].op);
        }
    }

    /// Chains all instructions anew, after they were moved or replaced.
    pub fn reindex(&mut self) {
        self.chain = [END; Op::COUNT];
        self.prev.clear();
        self.sync();
    }

    /// Returns the youngest instruction of an operation.
    pub(crate) fn last(&self, op: Op) -> Option<usize> {
        match self.chain[op as usize] {
            END => None,
            i => Some(i as usize),
        }
    }

    /// Returns the next older instruction of the same operation.
    pub(crate) fn prev(&self, i: usize) -> Option<usize> {
        match self.prev[i] {
            END => None,
            i => Some(i as usize),
        }
    }

    /// Gives the trace so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Gives the trace so far, for snapshots, link, extent. Instructions are only added by [`Builder::emit`].
    pub fn trace_mut(&mut self) -> &mut Trace {
        &mut self.trace
    }

    /// Returns the passes that run.
    pub fn passes(&self) -> Passes {
        self.passes
    }

    /// Returns the limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Gives the trace so far with its chains.
    pub(crate) fn seen(&self) -> mem::Seen<'_> {
        mem::Seen::new(&self.trace, &self.chain, &self.prev, &self.state)
    }

    /// Gives what forwarding remembers.
    pub(crate) fn state(&self) -> &mem::State {
        &self.state
    }

    /// Gives what forwarding remembers.
    pub(crate) fn state_mut(&mut self) -> &mut mem::State {
        &mut self.state
    }

    /// Notes what a value was while recording: a number, or any number that tells this object from others. Optional: passes that bet on values
    /// bet better.
    pub fn observe(&mut self, r: Ref, seen: i64) {
        if r.is_ins() {
            self.state.seen.insert(r, seen);
        }
    }

    /// Notes slots that nobody reads behind the exit of the latest snapshot: rounds of a loop need not restore them. Optional.
    pub fn note_dead(&mut self, slots: Vec<Slot>) {
        let n = self.trace.snaps.len().wrapping_sub(1);
        self.state.dead.insert(n, slots);
    }

    /// Interns a constant.
    pub fn konst(&mut self, c: Const) -> Ref {
        self.trace.konst(c)
    }

    /// Returns the type behind a reference.
    pub fn ty(&self, r: Ref) -> Ty {
        self.trace.ty(r)
    }

    /// Returns the instruction behind a reference, if what its operands say holds in every round: not for constants and PHIs.
    pub(crate) fn look(&self, r: Ref) -> Option<Ins> {
        if !r.is_ins() {
            return None;
        }
        let ins = *self.trace.ins.get(r.index())?;
        (ins.flags & flag::PHI == 0).then_some(ins)
    }

    /// Returns the value of a num constant.
    pub(crate) fn knum(&self, r: Ref) -> Option<f64> {
        match self.trace.as_const(r)? {
            Const::Num(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    /// Returns the value of an int constant.
    pub(crate) fn kint(&self, r: Ref) -> Option<i32> {
        match self.trace.as_const(r)? {
            Const::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// Returns the bytes of a str constant.
    pub(crate) fn kstr(&self, r: Ref) -> Option<Arc<[u8]>> {
        match self.trace.as_const(r)? {
            Const::Str(s) => Some(s.clone()),
            _ => None,
        }
    }

    /// Interns a string.
    pub(crate) fn intern(&mut self, s: &[u8]) -> Ref {
        self.trace.konst(Const::Str(s.into()))
    }

    /// Returns how often each fold rule fired, and how often it did not for an instruction of its operations; counted in debug builds.
    pub fn rule_hits(&self) -> impl Iterator<Item = (&'static str, (u32, u32))> + '_ {
        fold::rule_names().zip(self.hits)
    }

    /// Ends construction.
    pub fn finish(self) -> Trace {
        self.trace
    }
}

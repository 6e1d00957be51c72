//! Emission of instructions: every one passes fold, cse and forwarding before it is appended.

use crate::Passes;
use crate::mem;
use abi::abort::Abort;
use ir::{Const, Ins, Ref, Trace, Ty};

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

/// A trace under construction.
#[derive(Clone)]
pub struct Builder {
    trace: Trace,
    passes: Passes,
    limits: Limits,
    state: mem::State,
}

impl Builder {
    /// Begins with a trace, mostly an empty one.
    pub fn new(trace: Trace, passes: Passes, limits: Limits) -> Builder {
        Builder { trace, passes, limits, state: mem::State::default() }
    }

    /// Emits an instruction; returns what stands for it: itself, an earlier one, or a constant. For guards that are known to hold
    /// and for what has no value the reference is meaningless. A guard that cannot hold is an abort.
    pub fn emit(&mut self, ins: Ins) -> Result<Ref, Abort> {
        match mem::forward(self, &ins)? {
            mem::Forward::Use(r) => Ok(r),
            mem::Forward::Instead(ins) => self.append(ins),
            mem::Forward::Emit => self.append(ins),
        }
    }

    pub(crate) fn append(&mut self, ins: Ins) -> Result<Ref, Abort> {
        if self.trace.ins.len() >= self.limits.ins {
            return Err(Abort::TooLong);
        }
        Ok(self.trace.push(ins))
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

    /// Gives the trace so far with its chains.
    pub(crate) fn seen(&self) -> mem::Seen<'_> {
        mem::Seen::new(&self.trace)
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
        self.state.seen.insert(r, seen);
    }

    /// Interns a constant.
    pub fn konst(&mut self, c: Const) -> Ref {
        self.trace.konst(c)
    }

    /// Returns the type behind a reference.
    pub fn ty(&self, r: Ref) -> Ty {
        self.trace.ty(r)
    }

    /// Ends construction.
    pub fn finish(self) -> Trace {
        self.trace
    }
}

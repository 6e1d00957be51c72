//! Emission of instructions: every one passes fold, cse and forwarding before it is appended.

use crate::Passes;
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
}

impl Builder {
    /// Begins with a trace, mostly an empty one.
    pub fn new(trace: Trace, passes: Passes, limits: Limits) -> Builder {
        Builder { trace, passes, limits }
    }

    /// Emits an instruction; returns what stands for it: itself, an earlier one, or a constant. For guards that are known to hold
    /// and for what has no value the reference is meaningless. A guard that cannot hold is an abort.
    pub fn emit(&mut self, ins: Ins) -> Result<Ref, Abort> {
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

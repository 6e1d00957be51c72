//! The reference evaluator: runs a trace over a small symbolic world.
//!
//! It is simple and slow, and shares no code with optimiser and backends, which are checked against it. What a trace does that compiled
//! code must never do is an error, not an exit: a load from an array without bounds check, an address used after its table was rehashed, a
//! load without guard of another type, an insertion of a key that is there.
//!
//! Decisions:
//! * A state is what the interpreter would go on with: a snapshot's pc, base, extent, and the world with the snapshot's entries written.
//! * Sunk instructions are not executed. An exit rebuilds the sunk allocations its entries reach, from the sunk stores between
//!   allocation and snapshot, with the values that are current at the exit: as a backend does.
//! * Link `again`, and `loop` without LOOP: the last snapshot is stored, and the trace runs from its beginning on the moved base.
//! * CALLB calls nothing, but leaves traces: the call is noted, every number in element 1 of a table and in an upvalue is
//!   increased, the result is the count of calls. Its guard fails, as does GCSTEP, if the world wants attention.
//! * Memory suffices but for strings and array parts beyond 64k. Node `n` of a hash part holds the key inserted as number `n`.
//! * `cat`, `cell`, `func_new`, `upvals_close` and `call_builtin` take raw addresses and are no business of a trace: they are errors.

mod compare;
mod machine;
mod number;
mod random;
mod restore;
mod step;
mod support;
#[cfg(test)]
mod tests;
mod world;

pub use compare::{Verdict, equivalent, refines, same_state};
pub use world::{Func, Table, Upval, Value, World};

use crate::konst::Const;
use crate::trace::{Slot, Trace};

/// What the interpreter goes on with.
#[derive(Clone, Debug)]
pub struct State {
    /// Where it goes on.
    pub pc: Const,
    /// Slot 0 of its frame, from the base at entry.
    pub base: Slot,
    /// Extent of the frames, from the base at entry.
    pub top: Slot,
    /// Number of multiple results.
    pub multres: i32,
    /// Stack and objects.
    pub world: World,
}

/// How an evaluation ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A guard failed: the trace was left through a snapshot.
    Exit {
        /// Index of the snapshot.
        snap: usize,
        /// Index of the guard.
        at: usize,
        /// State behind the exit.
        state: State,
    },
    /// The end was reached, and the link leads elsewhere: the state of the last snapshot.
    End {
        /// State at the end.
        state: State,
    },
    /// It ran for as many instructions as it was given.
    Fuel,
}

impl Outcome {
    /// Returns the state, if the evaluation came to an end.
    pub fn state(&self) -> Option<&State> {
        match self {
            Outcome::Exit { state, .. } | Outcome::End { state } => Some(state),
            Outcome::Fuel => None,
        }
    }
}

/// Runs a verified trace for at most `fuel` instructions. An error means that the trace does what is not defined.
pub fn eval(t: &Trace, world: &World, fuel: usize) -> Result<Outcome, String> {
    machine::Machine::new(t, world).run(fuel, &mut |_, _| Ok(()))
}

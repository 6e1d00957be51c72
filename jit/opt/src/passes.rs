//! The table of passes.

use crate::Builder;
use abi::abort::Abort;
use ir::Trace;

/// A row: a pass by name, and the level of `-O` from which on it runs.
pub struct Pass {
    /// Name, as `-O+name`, `-O-name` have it.
    pub name: &'static str,
    /// Lowest level that includes it.
    pub level: u8,
}

macro_rules! passes {
    ($($(#[$doc:meta])* $name:ident $level:literal;)*) => {
        /// All passes in order of their running; the first four run while recording.
        pub const PASSES: &[Pass] = &[$(Pass { name: stringify!($name), level: $level }),*];
        /// Which passes run.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct Passes { $($(#[$doc])* pub $name: bool),* }
        impl Passes {
            /// Returns the passes of `-O0` to `-O3`.
            pub const fn level(n: u8) -> Passes { Passes { $($name: n >= $level),* } }
            /// Switches a pass by name; says whether there is one.
            pub fn set(&mut self, name: &str, on: bool) -> bool {
                match name { $(stringify!($name) => self.$name = on,)* _ => return false }
                true
            }
            /// Says whether a pass is on.
            pub fn get(&self, name: &str) -> Option<bool> {
                match name { $(stringify!($name) => Some(self.$name),)* _ => None }
            }
        }
    };
}
passes! {
    /// Folds by rules.
    fold 1;
    /// Merges equal instructions.
    cse 1;
    /// Forwards stores and loads to loads.
    fwd 3;
    /// Narrows numbers to integers.
    narrow 3;
    /// Removes stores that are overwritten.
    dse 3;
    /// Eliminates array bounds checks.
    abc 3;
    /// Peels loops, so that what does not change leaves them. (`loop` is its name for users.)
    loops 2;
    /// Sinks allocations and stores into exits.
    sink 3;
    /// Removes what nobody uses.
    dce 1;
}

impl Default for Passes {
    fn default() -> Passes {
        Passes::level(3)
    }
}

/// Runs the passes that need the whole trace.
pub fn optimise(b: Builder) -> Result<Trace, Abort> {
    Ok(b.finish())
}

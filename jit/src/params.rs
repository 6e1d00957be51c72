//! Parameters of the compiler, with LuaJIT's names. The defaults are LuaJIT's, but for `maxmcode` (LuaJIT's is 512).
//!
//! Absent: `sizemcode`, which is accepted and means nothing: code memory is one area.

use abi::grow::Growth;
use opt::{Limits, Passes};

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident = $default:literal;)*) => {
        /// Parameters (`-Oname=value`).
        #[derive(Clone, Debug)]
        pub struct Params {
            /// Optimiser passes.
            pub passes: Passes,
            /// The backend fuses loads with what uses them.
            pub fuse: bool,
            /// Every exit executes its instruction again, branches included: so any guard may be made to fail (`-Jexit=stress`).
            pub stress: bool,
            /// Who decides whether buffers may grow.
            pub growth: Growth,
            $($(#[$doc])* pub $name: u32),*
        }
        impl Params {
            /// Names and defaults.
            pub const TABLE: &'static [(&'static str, u32)] = &[$((stringify!($name), $default)),*];
            /// Sets a parameter; says whether there is one of that name.
            pub fn set(&mut self, name: &str, value: u32) -> bool {
                match name { $(stringify!($name) => self.$name = value,)* _ => return false }
                true
            }
        }
        impl Default for Params {
            fn default() -> Params { Params { passes: Passes::default(), fuse: true, stress: false, growth: Growth::default(), $($name: $default),* } }
        }
    };
}
params! {
    /// Traces at most.
    maxtrace = 1000;
    /// IR instructions of a trace at most.
    maxrecord = 4000;
    /// Constants of a trace at most.
    maxirconst = 500;
    /// Side traces of a root trace at most.
    maxside = 100;
    /// Snapshots of a trace at most.
    maxsnap = 500;
    /// Rounds (calls) until a loop (function) is hot.
    hotloop = 56;
    /// Exits until a side trace is tried.
    hotexit = 10;
    /// Tries of a side trace at most.
    tryside = 4;
    /// Rounds of a loop that are recorded behind the first at most, because it does not close: types change from round to round.
    instunroll = 4;
    /// Rounds of inner loops that are unrolled at most.
    loopunroll = 15;
    /// Unrolls of recursive calls.
    callunroll = 3;
    /// Unrolls of true recursion.
    recunroll = 2;
    /// Kilobytes of machine code at most.
    maxmcode = 2048;
}

impl Params {
    /// Returns the limits of the optimiser.
    pub fn limits(&self) -> Limits {
        Limits {
            ins: self.maxrecord as usize * 2,
            consts: self.maxirconst as usize,
            snaps: self.maxsnap as usize,
            unroll: self.loopunroll,
        }
    }
}

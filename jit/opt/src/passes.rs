//! The table of passes.

use crate::{Builder, dce, loops, sink};
use abi::abort::Abort;
use ir::{Link, Trace};

/// A pass over the whole trace.
pub type Whole = fn(&mut Builder) -> Result<(), Abort>;

/// A row: a pass by name, and the level of `-O` from which on it runs.
pub struct Pass {
    /// Name, as `-O+name`, `-O-name` have it.
    pub name: &'static str,
    /// Lowest level that includes it.
    pub level: u8,
    /// What runs when recording is done; nothing for what works on every instruction that is emitted.
    pub run: Option<Whole>,
}

macro_rules! passes {
    ($($(#[$doc:meta])* $name:ident $text:literal $level:literal $run:expr;)*) => {
        /// All passes in order of their running.
        pub const PASSES: &[Pass] = &[$(Pass { name: $text, level: $level, run: $run }),*];
        /// Which passes run.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct Passes { $($(#[$doc])* pub $name: bool),* }
        impl Passes {
            /// Returns the passes of `-O0` to `-O3`.
            pub const fn level(n: u8) -> Passes { Passes { $($name: n >= $level),* } }
            /// Switches a pass by name; says whether there is one.
            pub fn set(&mut self, name: &str, on: bool) -> bool {
                match name { $($text => self.$name = on,)* _ => return false }
                true
            }
            /// Says whether a pass is on.
            pub fn get(&self, name: &str) -> Option<bool> {
                match name { $($text => Some(self.$name),)* _ => None }
            }
        }
    };
}
passes! {
    /// Folds by rules.
    fold "fold" 1 None;
    /// Merges equal instructions.
    cse "cse" 1 None;
    /// Forwards stores and loads to loads.
    fwd "fwd" 3 None;
    /// Narrows numbers to integers.
    narrow "narrow" 2 None;
    /// Removes stores that are overwritten.
    dse "dse" 3 None;
    /// Eliminates array bounds checks.
    abc "abc" 3 None;
    /// Peels loops, so that what does not change leaves them.
    loops "loop" 2 Some(loops::run);
    /// Sinks allocations and stores into exits.
    sink "sink" 3 Some(sink::run);
    /// Removes what nobody uses.
    dce "dce" 1 Some(dce::run);
}

impl Default for Passes {
    fn default() -> Passes {
        Passes::level(3)
    }
}

/// Runs the passes that need the whole trace and are on.
pub fn optimise(mut b: Builder) -> Result<Trace, Abort> {
    check("the recorder", b.trace());
    for pass in PASSES {
        if b.passes().get(pass.name) == Some(true) {
            apply(pass, &mut b)?;
        }
    }
    // What was not peeled goes round by way of its entry.
    if b.trace().link == Link::Loop && b.trace().loop_at().is_none() {
        b.trace_mut().link = Link::Again;
    }
    Ok(b.finish())
}

/// Runs the pass of a name, if there is one that needs the whole trace.
pub fn run(name: &str, b: &mut Builder) -> Result<(), Abort> {
    PASSES.iter().filter(|p| p.name == name).try_for_each(|p| apply(p, b))
}

fn apply(pass: &Pass, b: &mut Builder) -> Result<(), Abort> {
    let Some(run) = pass.run else { return Ok(()) };
    run(b)?;
    check(pass.name, b.trace());
    Ok(())
}

/// In debug builds, verifies what somebody made.
fn check(who: &str, trace: &Trace) {
    if cfg!(debug_assertions)
        && let Err(e) = ir::verify(trace)
    {
        panic!("{who} left a malformed trace: {e}\n{trace}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_switched_by_the_names_users_know() {
        let mut p = Passes::level(0);
        assert!(p.set("loop", true) && p.loops && p.get("loop") == Some(true));
        assert!(!p.set("loops", true) && p.get("speed").is_none());
        assert_eq!(Passes::level(9), Passes { sink: true, ..Passes::default() });
        assert!(PASSES.iter().all(|row| Passes::level(row.level).get(row.name) == Some(true)));
        assert!(PASSES.iter().all(|row| Passes::level(row.level - 1).get(row.name) == Some(false)));
    }
}

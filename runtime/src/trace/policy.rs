//! Compiled code must pay: what compiling may cost, and which traces are taken out of use again.
//!
//! There are no clocks here, so that equal programs with equal seeds give equal traces (but for those of sampled profiles). Everything is counted in *steps*: about the time
//! that the interpreter takes for an instruction. Work is estimated from hot events (so many rounds of so many instructions), and from exits
//! (instructions from the trace's start to the exit). Compiling is estimated from the instructions recorded and the IR that came of them.
//!
//! * **Budget.** Compiling may cost [`BURST`] steps at first, and then a small share of the work of the interpreter and a large one of that of
//!   compiled code: programs whose traces run are allowed more of them. Without budget nothing is recorded; hot places stay hot, and their
//!   turn comes. Beside precompiled trees nothing is given in advance, and the share of the interpreter's work is larger, that of compiled code's
//!   smaller: the profile knew what is hot in short runs, and where it did not, that shows in the interpreter's work
//!   ([`Budget::beside_trees`]). A run that makes a profile may spend more, since what it lacks all later runs lack: a small share of its processor
//!   time ([`Budget::profiled`]), which the profile's samples tell; or, if it is for the profile alone, very much at once ([`Budget::of_training`]).
//! * **Account.** Each tree of traces (a root with its side traces) has one: entries, exits, work done, cost. New side traces
//!   have to be earned by the tree's work. A tree that is left early, on average, is *retired*: entering and leaving cost more than its code saves.
//!   Its place rests (`super::penalty`) and may be tried again.
//!
//! Invariant: nothing here knows the machine; what is decided depends on the numbers alone.

/// Steps that compiling may cost before there was any work.
pub const BURST: u64 = 5_000_000;
/// The same in training: what is compiled there is for longer runs, and runs of executables. More makes builds take long, and executables of
/// many trees slow to start.
const TRAINING: u64 = 20_000_000;
/// Steps that a millisecond of a profiled run allows, until it has as many as training: a step takes two to three nanoseconds.
const PROFILED: u64 = 25_000;
/// The interpreter's work divided by this may be spent.
const INTERPRETED: u64 = 64;
/// The same beside precompiled trees.
const INTERPRETED_BESIDE_TREES: u64 = 48;
/// Compiled code's work divided by this may be spent.
const COMPILED: u64 = 3;
/// The same beside precompiled trees: there is much such work from the start, and what the profile left to be compiled is less hot.
const COMPILED_BESIDE_TREES: u64 = 6;
/// Steps that an instruction costs to record.
const RECORD: u64 = 250;
/// Steps that an instruction of the IR costs to optimise and to assemble.
const COMPILE: u64 = 350;
/// Steps that each trace costs whatever its size.
const TRACE: u64 = 18_000;
/// Steps that the side traces of a tree may cost before its work pays for them.
const SIDES: u64 = 6_000_000;
pub use abi::exit::EARLY;
/// The same for the end of a trace, which restores the frames itself once it has been reached a few times.
const EARLY_END: u32 = 8;
/// Exits after which a tree is judged.
const WINDOW: u32 = 512;

/// What compiling may cost.
#[derive(Debug)]
pub struct Budget {
    spent: u64,
    interpreted: u64,
    compiled: u64,
    /// What may be spent before there was any work.
    burst: u64,
    /// What the work of the interpreter is divided by.
    of_interpreted: u64,
    /// What that of compiled code is divided by.
    of_compiled: u64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            spent: 0,
            interpreted: 0,
            compiled: 0,
            burst: BURST,
            of_interpreted: INTERPRETED,
            of_compiled: COMPILED,
        }
    }
}

impl Budget {
    /// The budget of a program with precompiled trees: all that is compiled beside them has to be earned.
    pub fn beside_trees() -> Budget {
        Budget {
            burst: 0,
            of_interpreted: INTERPRETED_BESIDE_TREES,
            of_compiled: COMPILED_BESIDE_TREES,
            ..Budget::default()
        }
    }

    /// The budget of a run that is for its profile alone: what it compiles is for other runs.
    pub fn of_training() -> Budget {
        Budget { burst: TRAINING, ..Budget::default() }
    }

    /// Counts milliseconds of processor time of a run that makes a profile.
    pub fn profiled(&mut self, milliseconds: u32) {
        let burst = self.burst + u64::from(milliseconds) * PROFILED;
        self.burst = burst.min(TRAINING);
    }

    /// Counts work of the interpreter.
    pub fn interpreted(&mut self, steps: u64) {
        self.interpreted += steps;
    }

    /// Says whether anything may be recorded.
    pub fn allows(&self) -> bool {
        self.spent <= self.burst + self.interpreted / self.of_interpreted + self.compiled / self.of_compiled
    }

    /// Counts the cost of a recording: instructions recorded, and of the IR if it was compiled. Returns it.
    pub fn spend(&mut self, recorded: u32, compiled: Option<usize>) -> u64 {
        let cost = u64::from(recorded) * RECORD + compiled.map_or(0, |n| n as u64 * COMPILE) + TRACE;
        self.spent += cost;
        cost
    }
}

/// Exits of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// How often it was taken.
    pub times: u32,
    /// Instructions from the root's start.
    pub work: u32,
    /// It is the end of a trace that leads to the interpreter.
    pub ended: bool,
}

/// What a tree of traces has done.
#[derive(Clone, Default, Debug)]
pub struct Account {
    /// Exits to the interpreter.
    pub exits: u32,
    /// Steps done by compiled code until exits.
    pub work: u64,
    /// Steps that compiling cost.
    pub cost: u64,
    /// Side traces lead back to the root, so an exit says little of what was done before it.
    pub loops: bool,
    /// What entering it was worth, less what it cost: steps.
    pub gain: i64,
    /// Ends reached that were counted, and the gain of these.
    pub ends: (u32, i64),
    /// Where the window began: exits, gain, entries.
    pub window: (u32, i64, u32),
}

impl Account {
    /// Counts exits. `entries` is how often the interpreter has entered the root. Says whether the tree is to be retired.
    pub fn exit(&mut self, budget: &mut Budget, exit: Exit, entries: u32) -> bool {
        let Exit { times, work, ended } = exit;
        let work = if self.loops { work.max(EARLY) } else { work };
        let done = u64::from(work) * u64::from(times);
        let gain = (i64::from(work) - i64::from(if ended { EARLY_END } else { EARLY })) * i64::from(times);
        self.exits = self.exits.wrapping_add(times);
        self.work += done;
        self.gain += gain;
        if ended {
            self.ends.0 += times;
            self.ends.1 += gain;
        }
        budget.compiled += done;
        let (exits, gain, entered) =
            (self.exits.wrapping_sub(self.window.0), self.gain - self.window.1, entries.wrapping_sub(self.window.2));
        if exits < WINDOW {
            return false;
        }
        self.window = (self.exits, self.gain, entries);
        // The others have reached an end that does not count any more.
        let unseen = i64::from(entered.saturating_sub(exits)) * self.ends.1 / i64::from(self.ends.0.max(1));
        // Of loops, and where other traces jump to the tree, exits say nothing of what was done before. Native code enters at no cost.
        gain + unseen < 0 && entered > exits / 2 && !self.loops
    }

    /// Says whether the tree has earned another side trace.
    pub fn allows_side(&self) -> bool {
        self.cost <= SIDES + self.work
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_pays_for_compiling() {
        let mut b = Budget::default();
        assert_eq!(b.spend(100, Some(1000)), 100 * RECORD + 1000 * COMPILE + TRACE);
        while b.allows() {
            b.spend(100, Some(1000));
        }
        let debt = b.spent - BURST;
        assert!(0 < debt && debt <= 100 * RECORD + 1000 * COMPILE + TRACE);
        // Each kind of work pays its share of it, and not a step more.
        b.interpreted(INTERPRETED * (debt - 1));
        b.compiled = COMPILED - 1;
        assert!(!b.allows());
        b.compiled = COMPILED;
        assert!(b.allows());
        b.spend(0, None);
        assert!(!b.allows());
    }

    #[test]
    fn beside_trees_compiling_is_earned_first() {
        let mut b = Budget::beside_trees();
        assert!(b.allows());
        let cost = b.spend(100, None);
        b.interpreted(INTERPRETED_BESIDE_TREES * cost - 1);
        assert!(!b.allows());
        b.interpreted(1);
        assert!(b.allows());
        let cost = b.spend(100, None);
        b.compiled = COMPILED_BESIDE_TREES * cost - 1;
        assert!(!b.allows());
        b.compiled += 1;
        assert!(b.allows());
    }

    #[test]
    fn time_of_profiled_runs_adds_up_to_training() {
        let mut b = Budget::beside_trees();
        b.spend(0, None);
        assert!(!b.allows());
        b.profiled(1);
        assert!(b.allows());
        b.spend(0, Some((10 * PROFILED / COMPILE) as usize));
        b.profiled(9);
        assert!(!b.allows());
        for mut b in [b, Budget::default(), Budget::of_training()] {
            b.profiled(u32::MAX);
            assert_eq!(b.burst, TRAINING);
        }
    }

    #[test]
    fn training_has_more() {
        let (mut training, mut other) = (Budget::of_training(), Budget::default());
        while other.allows() {
            other.spend(100, Some(1000));
            assert!(training.allows());
            training.spend(100, Some(1000));
        }
        while training.allows() {
            training.spend(100, Some(1000));
        }
        assert!(training.spent > 3 * other.spent);
    }

    #[test]
    fn early_exits_retire_and_late_ones_do_not() {
        let mut b = Budget::default();
        let mut tree = |work: u32, ended: bool, entered: u32| {
            let mut a = Account::default();
            (1..=WINDOW).any(|n| a.exit(&mut b, Exit { times: 1, work, ended }, n * entered))
        };
        assert!(tree(EARLY - 1, false, 1));
        assert!(!tree(EARLY, false, 1));
        assert!(!tree(EARLY - 1, false, 0), "entered from other traces");
        assert!(tree(EARLY_END - 1, true, 1));
        assert!(!tree(EARLY_END, true, 1));
    }

    #[test]
    fn ends_that_are_not_counted_any_more_are_worth_what_they_were() {
        let mut b = Budget::default();
        let mut tree = |work: u32, entered: u32| {
            let mut a = Account::default();
            let end = Exit { times: 90, work, ended: true };
            let early = Exit { times: 1, work: 1, ended: false };
            a.exit(&mut b, end, 90) || (1..WINDOW).any(|n| a.exit(&mut b, early, 90 + n * entered))
        };
        assert!(tree(20, 1));
        assert!(!tree(20, 100));
        assert!(tree(2, 100));
    }

    #[test]
    fn exits_count_alike_one_by_one_and_together() {
        let (mut b, mut c) = (Budget::default(), Budget::default());
        let (mut one, mut many) = (Account::default(), Account::default());
        for n in 1..=WINDOW {
            let exit = Exit { times: 1, work: 5, ended: false };
            let retired = one.exit(&mut b, exit, n);
            if n % 32 == 0 {
                assert_eq!(many.exit(&mut c, Exit { times: 32, ..exit }, n), retired);
                assert_eq!((one.exits, one.work, one.gain), (many.exits, many.work, many.gain));
            }
        }
        assert_eq!(b.compiled, c.compiled);
    }

    #[test]
    fn side_traces_are_earned() {
        let mut a = Account { cost: SIDES + 1, ..Account::default() };
        assert!(!a.allows_side());
        a.exit(&mut Budget::default(), Exit { times: 1, work: 1, ended: false }, 1);
        assert!(a.allows_side());
    }
}

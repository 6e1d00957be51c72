//! Blame for aborted recordings: a place is tried again later and later, then it rests, and after each rest longer.
//!
//! A place's value is what its hot counter starts from after an abort; it doubles, with some random bits so that two loops do not disturb
//! each other for ever. Above [`MAX`] the place is *blocked*: it rests for a number of hot events that depends on the cause and doubles with each
//! rest; then it has one more try. So a program that has changed its ways is compiled in the end, and one that has not hardly pays.
//!
//! Invariant: places are those of live prototypes; [`Penalties::sweep`] sees to it when the collector is about to free some.
//! Random numbers come from a seed alone.

use abi::abort::{Abort, Blame};
use abi::hash::FastMap;
use heap::Vm;
use heap::vm::HOT_COUNTERS;
use jit::subject::P;

/// Counter value after the first abort.
const MIN: u32 = 72;
/// Counter value above which a place is blocked.
const MAX: u32 = 60_000;
/// Counter value of a blocked place: others share its counter, so it is not large.
const RESTING: u32 = 4000;
/// Hot events of the first rest: after many aborts; of what is not compiled; of a retired trace.
const REST: u32 = 64;
const REST_NYI: u32 = 512;
const REST_RETIRED: u32 = 32;
/// A rest at most.
const REST_MAX: u32 = 1 << 24;

/// What is known of a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Penalty {
    value: u32,
    /// Why the last recording was given up.
    pub why: Abort,
    /// How often.
    pub times: u32,
    /// It rests.
    pub blocked: bool,
    /// Hot events until it is tried again.
    left: u32,
    /// The next rest.
    rest: u32,
}

/// Penalties by place.
pub(crate) struct Penalties {
    places: FastMap<(u64, u32), Penalty>,
    random: u32,
    /// What the hot counters started from.
    started: [u16; HOT_COUNTERS],
}

impl Default for Penalties {
    fn default() -> Penalties {
        Penalties { places: FastMap::default(), random: 0, started: [0; HOT_COUNTERS] }
    }
}

impl Penalties {
    /// A counter ran out at a place and was started again: returns what it had counted.
    pub fn counted(&mut self, vm: &Vm, p: P, at: u32) -> u16 {
        let i = counter(p, at);
        std::mem::replace(&mut self.started[i], vm.jit.hotcount[i])
    }

    /// A counter ran out at a place: says whether it may be tried. A place that rests has one event less to go.
    pub fn admits(&mut self, vm: &mut Vm, p: P, at: u32) -> bool {
        let Some(place) = self.places.get_mut(&(p.0, at)) else { return true };
        if !place.blocked {
            return true;
        }
        if place.why != Abort::JitOff {
            place.left = place.left.saturating_sub(1);
            if place.left == 0 {
                place.blocked = false;
                // One abort, and it rests again.
                place.value = MAX;
                return true;
            }
        }
        self.set(vm, p, at, RESTING);
        false
    }

    /// Blocks a place that is not to be compiled.
    pub fn never(&mut self, p: P, at: u32) {
        let place = self.place(p, at, Abort::JitOff);
        place.why = Abort::JitOff;
        place.times += 1;
        place.blocked = true;
    }

    fn place(&mut self, p: P, at: u32, why: Abort) -> &mut Penalty {
        let fresh = Penalty { value: MIN / 2, why, times: 0, blocked: false, left: 0, rest: 0 };
        self.places.entry((p.0, at)).or_insert(fresh)
    }

    /// Notes an abort; sets the counter for the next try, which comes `patience` times as late as it would by itself.
    pub fn blame(&mut self, vm: &mut Vm, p: P, at: u32, why: Abort, patience: u32) {
        let random = self.random() >> 28;
        let place = self.place(p, at, why);
        place.why = why;
        place.times += 1;
        match (why, why.blame()) {
            (Abort::Retired, _) => place.value = MAX + 1,
            (Abort::Hook | Abort::Flushed, _) => {}
            (_, Blame::Never) => place.value = place.value.max(MAX / 8) * 2,
            // Lack of room is nobody's fault, but the next try has to wait as well.
            (_, Blame::Again | Blame::Blameless) => place.value = place.value * 2 + random,
        }
        let mut value = place.value.saturating_mul(patience);
        if value > MAX {
            let first = match (why, why.blame()) {
                (Abort::Retired, _) => REST_RETIRED,
                (_, Blame::Never) => REST_NYI,
                _ => REST,
            };
            place.rest = (place.rest * 2).clamp(first, REST_MAX);
            place.left = place.rest;
            place.blocked = true;
            value = RESTING;
        }
        self.set(vm, p, at, value);
    }

    /// Notes that recordings of a place were given up when a profile was made. It rests as long as if that had just happened here.
    pub fn expect(&mut self, p: P, at: u32, why: Abort, times: u32, patience: u32) {
        if why.blame() == Blame::Blameless {
            return;
        }
        let value = (MIN / 2).saturating_mul(1 << times.min(16)).saturating_mul(patience);
        let place = self.place(p, at, why);
        place.blocked = true;
        place.left += match value > MAX || why.blame() == Blame::Never {
            true => REST,
            false => 1 + value / RESTING,
        };
    }

    /// Returns what is known of a place.
    pub fn get(&self, p: u64, at: u32) -> Option<&Penalty> {
        self.places.get(&(p, at))
    }

    /// Forgets what is known of prototypes.
    pub fn forget(&mut self, these: impl Fn(u64) -> bool) {
        self.places.retain(|(p, _), _| !these(*p));
    }

    /// Sets where the random numbers begin.
    pub fn seed(&mut self, seed: u32) {
        self.random = seed;
    }

    fn random(&mut self) -> u32 {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.random
    }

    /// Sets the counter of a place so that it is hot again soon.
    pub fn soon(&mut self, vm: &mut Vm, p: P, at: u32) {
        let value = self.random() >> 28;
        self.set(vm, p, at, value);
    }

    /// Sets the hot counter of a place.
    fn set(&mut self, vm: &mut Vm, p: P, at: u32, value: u32) {
        let i = counter(p, at);
        self.started[i] = value.min(MAX) as u16;
        vm.jit.hotcount[i] = self.started[i];
    }

    /// Forgets places in prototypes that are about to be freed.
    pub fn sweep(&mut self, alive: impl Fn(u64) -> bool) {
        self.places.retain(|(p, _), _| alive(*p));
    }
}

/// Returns the index of a place's hot counter.
fn counter(p: P, at: u32) -> usize {
    // SAFETY: the place is in a live prototype: it runs, or its trace keeps it.
    let pc = unsafe { heap::ProtoObj::bc(p.0 as *const heap::ProtoObj) }.wrapping_add(at as usize + 1);
    (pc as usize >> 2) % HOT_COUNTERS
}

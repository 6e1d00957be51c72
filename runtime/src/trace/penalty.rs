//! Blame for aborted recordings: a place is tried again later and later, and not at all once that is hopeless.

use abi::abort::{Abort, Blame};
use heap::Vm;
use heap::vm::HOT_COUNTERS;
use jit::subject::P;
use std::collections::HashMap;

/// Counter value after the first abort.
const MIN: u32 = 72;
/// Counter value above which a place is blocked.
const MAX: u32 = 60_000;

/// What is known of a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Penalty {
    value: u32,
    /// Why the last recording was given up.
    pub why: Abort,
    /// How often.
    pub times: u32,
    /// It is not tried any more.
    pub blocked: bool,
}

/// Penalties by place.
#[derive(Default)]
pub(crate) struct Penalties {
    places: HashMap<(u64, u32), Penalty>,
    random: u32,
}

impl Penalties {
    /// Says whether a place is not tried any more.
    pub fn is_blocked(&self, p: P, at: u32) -> bool {
        self.places.get(&(p.0, at)).is_some_and(|p| p.blocked)
    }

    /// Blocks a place.
    pub fn never(&mut self, vm: &mut Vm, p: P, at: u32) {
        self.places.insert((p.0, at), Penalty { value: MAX, why: Abort::JitOff, times: 1, blocked: true });
        let _ = vm;
    }

    /// Notes an abort; sets the counter for the next try.
    pub fn blame(&mut self, vm: &mut Vm, p: P, at: u32, why: Abort) {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let place = self.places.entry((p.0, at)).or_insert(Penalty { value: MIN / 2, why, times: 0, blocked: false });
        place.why = why;
        place.times += 1;
        match why.blame() {
            Blame::Blameless => {}
            Blame::Never => place.value = place.value.max(MAX / 8) * 2,
            Blame::Again => place.value = place.value * 2 + (self.random >> 28),
        }
        place.blocked = place.value > MAX;
        // SAFETY: the place is in a live prototype: it is being recorded.
        let pc = unsafe { heap::ProtoObj::bc(p.0 as *const heap::ProtoObj).add(at as usize + 1) };
        vm.jit.hotcount[(pc as usize >> 2) % HOT_COUNTERS] = place.value.min(MAX) as u16;
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

    /// Sets the counter of a place so that it is hot again soon.
    pub fn soon(&mut self, vm: &mut Vm, p: P, at: u32) {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.set(vm, p, at, self.random >> 28);
    }

    fn set(&self, vm: &mut Vm, p: P, at: u32, value: u32) {
        // SAFETY: the place is in a live prototype: it is being recorded.
        let pc = unsafe { heap::ProtoObj::bc(p.0 as *const heap::ProtoObj).add(at as usize + 1) };
        vm.jit.hotcount[(pc as usize >> 2) % HOT_COUNTERS] = value.min(MAX) as u16;
    }

    /// Forgets places in prototypes that `keep` does not want.
    pub fn trim(&mut self, keep: impl Fn(u64) -> bool) {
        self.places.retain(|(p, _), v| v.blocked || keep(*p));
    }
}

//! Numbers for random traces and worlds: from a seed, or from bytes that a fuzzer gives; how many rounds a test makes.

use std::time::{Duration, Instant};

/// A source of numbers.
pub struct Source<'a> {
    bytes: Option<&'a [u8]>,
    state: u64,
}

impl<'a> Source<'a> {
    /// Gives numbers without end.
    pub fn seeded(seed: u64) -> Source<'static> {
        Source { bytes: None, state: seed ^ 0x9e37_79b9_7f4a_7c15 }
    }

    /// Gives numbers made of the bytes, then zeros.
    pub fn bytes(bytes: &'a [u8]) -> Source<'a> {
        Source { bytes: Some(bytes), state: 0 }
    }

    /// Gives 64 bits.
    pub fn bits(&mut self) -> u64 {
        match &mut self.bytes {
            Some(bytes) => {
                let (now, rest) = bytes.split_at(bytes.len().min(2));
                *bytes = rest;
                now.iter().fold(0, |n, b| n << 8 | u64::from(*b))
            }
            None => {
                // splitmix64
                self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = self.state;
                z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ z >> 31
            }
        }
    }

    /// Gives a number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }

    /// Says yes in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Picks one.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// Gives the numbers of the rounds that a test with random input makes: `least`, so that what it does not depend on the
/// machine, and more as long as the seconds of the environment's `FUZZ_SECONDS` last.
pub fn rounds(least: u64) -> impl Iterator<Item = u64> {
    let asked = std::env::var("FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let (start, limit) = (Instant::now(), Duration::from_secs(asked.unwrap_or(0)));
    (0..).take_while(move |round| *round < least || start.elapsed() < limit)
}

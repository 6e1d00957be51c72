//! Numbers for the generators of random programs.

/// A small fast generator of random numbers (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    /// Numbers that follow from a seed.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use crate::{randhot, randprog};

    #[test]
    fn a_seed_names_a_program() {
        for (program, prelude) in
            [(randprog::program as fn(u64) -> String, randprog::PRELUDE), (randhot::program, randhot::PRELUDE)]
        {
            assert_eq!(program(7), program(7));
            assert_ne!(program(7), program(8));
            assert!(program(7).lines().count() > prelude.lines().count());
        }
    }
}

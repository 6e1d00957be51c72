//! The random number generator of `math.random`: four Tausworthe generators with a common period of 2^223, combined by xor.
//!
//! Numbers and seeding are those of LuaJIT, so a seed gives the same sequence.

/// Per generator: word size in use k, and shifts q and s.
const GENERATORS: [(u32, u32, u32); 4] = [(63, 31, 18), (58, 19, 28), (55, 24, 7), (47, 21, 8)];

/// The state of the generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prng([u64; 4]);

impl Prng {
    /// Seeds with a number.
    pub fn seeded(seed: f64) -> Prng {
        let mut words = [0; 4];
        let mut d = seed;
        for (word, (k, _, _)) in words.iter_mut().zip(GENERATORS) {
            d = d * std::f64::consts::PI + std::f64::consts::E;
            // The upper k bits must not all be zero.
            let least = 1 << (64 - k);
            *word = d.to_bits();
            if *word < least {
                *word += least;
            }
        }
        let mut prng = Prng(words);
        (0..10).for_each(|_| _ = prng.step());
        prng
    }

    /// Returns the next 64 bits.
    #[inline]
    pub fn step(&mut self) -> u64 {
        let mut all = 0;
        for (word, (k, q, s)) in self.0.iter_mut().zip(GENERATORS) {
            let z = *word;
            let z = (((z << q) ^ z) >> (k - s)) ^ ((z & (u64::MAX << (64 - k))) << s);
            all ^= z;
            *word = z;
        }
        all
    }

    /// Returns the next number, at least 0 and less than 1.
    #[inline]
    pub fn fraction(&mut self) -> f64 {
        f64::from_bits(self.step() & ((1 << 52) - 1) | 0x3ff << 52) - 1.0
    }
}

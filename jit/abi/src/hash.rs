//! FNV-1a over 64 bits: names contents and layouts, at compile time too.
//!
//! It tells equal from changed; it protects nothing against an adversary.

/// A hash under way.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Fnv1a(u64);

impl Fnv1a {
    /// Starts.
    pub const fn new() -> Fnv1a {
        Fnv1a(0xcbf2_9ce4_8422_2325)
    }

    /// Adds bytes.
    pub const fn bytes(self, bytes: &[u8]) -> Fnv1a {
        let mut h = self.0;
        let mut i = 0;
        while i < bytes.len() {
            h = (h ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            i += 1;
        }
        Fnv1a(h)
    }

    /// Adds bytes to each of several hashes, side by side: one alone waits for a multiplication at each byte.
    pub fn side_by_side<const N: usize>(mut states: [Fnv1a; N], texts: [&[u8]; N]) -> [Fnv1a; N] {
        let together = texts.iter().map(|t| t.len()).min().unwrap_or(0);
        let heads = texts.map(|t| &t[..together]);
        for i in 0..together {
            for (s, t) in states.iter_mut().zip(&heads) {
                s.0 = (s.0 ^ u64::from(t[i])).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        for (s, t) in states.iter_mut().zip(&texts) {
            *s = s.bytes(&t[together..]);
        }
        states
    }

    /// Adds a number, its low byte first.
    pub const fn u64(self, n: u64) -> Fnv1a {
        if n >> 32 != 0 {
            return self.bytes(&n.to_le_bytes());
        }
        // A byte that is zero multiplies and does nothing else, so four of them are one multiplication.
        const FOUR_ZEROS: u64 = Fnv1a(1).bytes(&[0; 4]).0;
        Fnv1a(self.bytes(&(n as u32).to_le_bytes()).0.wrapping_mul(FOUR_ZEROS))
    }

    /// Returns the hash.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Fnv1a {
    fn default() -> Self {
        Fnv1a::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Fnv1a;

    #[test]
    fn published_vectors() {
        assert_eq!(Fnv1a::new().bytes(b"").finish(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fnv1a::new().bytes(b"a").finish(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Fnv1a::new().bytes(b"foobar").finish(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn numbers_are_their_bytes() {
        for n in [0, 1, 255, 256, 0x1234_5678, u64::from(u32::MAX), 1 << 32, 0x0102_0304_0506_0708, u64::MAX] {
            let h = Fnv1a::new().bytes(b"x");
            assert_eq!(h.u64(n).finish(), h.bytes(&n.to_le_bytes()).finish(), "{n:#x}");
        }
    }

    #[test]
    fn side_by_side_is_one_by_one() {
        let texts: [&[u8]; 4] = [b"foobar", b"", b"a", b"foo and more"];
        let states = [1, 2, 3, 4].map(|n| Fnv1a::new().u64(n));
        for from in 0..4 {
            let texts = [texts[from], texts[(from + 2) % 4], texts[3]];
            let states = [states[0], states[2], states[from]];
            let got = Fnv1a::side_by_side(states, texts);
            for i in 0..3 {
                assert_eq!(got[i].finish(), states[i].bytes(texts[i]).finish());
            }
        }
    }
}

/// A map whose keys are numbers, addresses or small values of our own making: nobody can flood it.
pub type FastMap<K, V> = std::collections::HashMap<K, V, std::hash::BuildHasherDefault<Fast>>;
/// A set of keys of this program's own.
pub type FastSet<K> = std::collections::HashSet<K, std::hash::BuildHasherDefault<Fast>>;

/// A fast hash for maps in memory: a rotation, an xor and a multiplication a word. It is never written anywhere.
#[derive(Clone, Default)]
pub struct Fast(u64);

impl Fast {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl std::hash::Hasher for Fast {
    fn finish(&self) -> u64 {
        // The low bits choose the bucket; the product's high bits are the good ones.
        self.0.rotate_left(26)
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.add(n.into());
    }
    fn write_u32(&mut self, n: u32) {
        self.add(n.into());
    }
    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }
    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }
}

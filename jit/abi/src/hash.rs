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

    /// Adds a number, its low byte first.
    pub const fn u64(self, n: u64) -> Fnv1a {
        self.bytes(&n.to_le_bytes())
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
}

//! A hash of 64 bits that is the same everywhere, by words: it names contents and layouts, at compile time too.
//!
//! Each word is taken in by a folded multiplication, as in wyhash by Wang Yi: the two halves of a product of 128 bits, xored. It tells equal from
//! changed; it protects nothing against an adversary.

/// A hash under way.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Sum(u64);

/// Two constants of wyhash: odd, with half of the bits of each byte set.
const START: u64 = 0xa076_1d64_78bd_642f;
const FACTOR: u64 = 0xe703_7ed1_a0b4_28db;

impl Sum {
    /// Starts.
    pub const fn new() -> Sum {
        Sum(START)
    }

    /// Adds a number.
    pub const fn u64(self, n: u64) -> Sum {
        let product = (self.0 ^ n) as u128 * FACTOR as u128;
        Sum(product as u64 ^ (product >> 64) as u64)
    }

    /// Adds bytes and how many they are.
    pub const fn bytes(self, bytes: &[u8]) -> Sum {
        let mut h = self.u64(bytes.len() as u64);
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk() {
            h = h.u64(u64::from_le_bytes(*word));
            rest = behind;
        }
        // The last word is filled up with zeros; its ends may be read twice.
        match (rest, rest.len()) {
            ([], _) => h,
            ([a, b, c, d, ..], n) => {
                let low = u32::from_le_bytes([*a, *b, *c, *d]) as u64;
                let high = u32::from_le_bytes([rest[n - 4], rest[n - 3], rest[n - 2], rest[n - 1]]) as u64;
                h.u64(low | high << (8 * (n - 4)))
            }
            (_, n) => {
                h.u64(rest[0] as u64 | (rest[n / 2] as u64) << (8 * (n / 2)) | (rest[n - 1] as u64) << (8 * (n - 1)))
            }
        }
    }

    /// Returns the hash.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.u64(START).0
    }
}

impl Default for Sum {
    fn default() -> Self {
        Sum::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{FastSet, Sum};

    /// Says whether all are different.
    fn distinct(sums: &[Sum]) -> bool {
        let seen: FastSet<u64> = sums.iter().map(|h| h.finish()).collect();
        seen.len() == sums.len()
    }

    #[test]
    fn what_differs_has_another_hash() {
        let mut numbers = vec![Sum::new(), Sum::new().u64(0), Sum::new().u64(0).u64(0)];
        for n in (1..200).chain((8..64).map(|i| 1 << i)).chain([u64::MAX]) {
            numbers.extend([Sum::new().u64(n), Sum::new().u64(n).u64(0), Sum::new().u64(0).u64(n)]);
        }
        assert!(distinct(&numbers));
        // How many zeros, where the parts end, one bit anywhere.
        let zeros = [0u8; 40];
        let mut texts = vec![Sum::new(), Sum::new().bytes(&zeros)];
        for n in 0..40 {
            texts.extend([Sum::new().bytes(&zeros[..n]), Sum::new().bytes(&zeros[..n]).bytes(&zeros[n..])]);
            texts.extend((0..8).map(|bit| {
                let mut text = zeros;
                text[n] = 1 << bit;
                Sum::new().bytes(&text)
            }));
        }
        assert!(distinct(&texts));
    }

    /// Each bit that goes in changes about half of those that come out.
    #[test]
    fn bits_spread() {
        for bit in 0..64 {
            let changed: u32 = (0..64)
                .map(|n: u64| {
                    let a = Sum::new().u64(n.wrapping_mul(0x1234_5678_9abc_def1));
                    let b = Sum::new().u64(n.wrapping_mul(0x1234_5678_9abc_def1) ^ 1 << bit);
                    (a.finish() ^ b.finish()).count_ones()
                })
                .sum();
            assert!((24 * 64..40 * 64).contains(&changed), "bit {bit}: {changed} of 4096");
        }
    }

    #[test]
    fn the_last_word_is_filled_up_with_zeros() {
        for n in 0..24 {
            let text: Vec<u8> = (1..=n).map(|b| b * 11).collect();
            let mut sum = Sum::new().u64(n.into());
            for part in text.chunks(8) {
                let mut word = [0; 8];
                word[..part.len()].copy_from_slice(part);
                sum = sum.u64(u64::from_le_bytes(word));
            }
            assert_eq!(Sum::new().bytes(&text).finish(), sum.finish(), "{n} bytes");
        }
    }

    #[test]
    fn it_is_the_same_everywhere() {
        const AT_COMPILE_TIME: u64 = Sum::new().u64(7).bytes(b"0123456789").finish();
        assert_eq!(Sum::new().u64(7).bytes(b"0123456789").finish(), AT_COMPILE_TIME);
        // Computed by another program, from the description.
        assert_eq!(AT_COMPILE_TIME, 0xad17_55da_82e0_ca75);
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

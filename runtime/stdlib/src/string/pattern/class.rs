//! Sets of bytes: the classes of letters, and what stands in brackets.

use super::PatternError;

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bits([u64; 4]);

impl Bits {
    pub(super) const EMPTY: Bits = Bits([0; 4]);

    #[inline(always)]
    pub(super) const fn has(&self, c: u8) -> bool {
        self.0[(c >> 6) as usize] >> (c & 63) & 1 != 0
    }

    pub(super) const fn with(mut self, c: u8) -> Bits {
        self.0[(c >> 6) as usize] |= 1 << (c & 63);
        self
    }

    pub(super) const fn not(self) -> Bits {
        Bits([!self.0[0], !self.0[1], !self.0[2], !self.0[3]])
    }

    pub(super) const fn is_disjoint(&self, o: &Bits) -> bool {
        self.0[0] & o.0[0] | self.0[1] & o.0[1] | self.0[2] & o.0[2] | self.0[3] & o.0[3] == 0
    }

    /// Says how many bytes there are.
    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|w| w.count_ones()).sum()
    }

    /// Returns the lowest byte.
    pub(super) fn lowest(&self) -> Option<u8> {
        (0..=255).find(|c| self.has(*c))
    }

    const fn or(self, o: Bits) -> Bits {
        Bits([self.0[0] | o.0[0], self.0[1] | o.0[1], self.0[2] | o.0[2], self.0[3] | o.0[3]])
    }
}

/// The bytes of class letter `l` (lower case), `None` if the letter names no class. The letters' meanings are those of the C locale.
const fn class_of(l: u8) -> Option<Bits> {
    let mut bits = Bits::EMPTY;
    let mut c: u8 = 0;
    loop {
        let is = match l {
            b'a' => c.is_ascii_alphabetic(),
            b'c' => c.is_ascii_control(),
            b'd' => c.is_ascii_digit(),
            b'g' => c.is_ascii_graphic(),
            b'l' => c.is_ascii_lowercase(),
            b'p' => c.is_ascii_punctuation(),
            b's' => c == b' ' || (c >= 9 && c <= 13),
            b'u' => c.is_ascii_uppercase(),
            b'w' => c.is_ascii_alphanumeric(),
            b'x' => c.is_ascii_hexdigit(),
            b'z' => c == 0,
            _ => return None,
        };
        if is {
            bits = bits.with(c);
        }
        if c == 255 {
            return Some(bits);
        }
        c += 1;
    }
}

/// Sets of all letters that name classes; the upper-case letter is the complement. Other bytes have an empty entry.
static CLASSES: [Bits; 128] = {
    let mut table = [Bits::EMPTY; 128];
    let mut l = b'a';
    while l <= b'z' {
        if let Some(bits) = class_of(l) {
            table[l as usize] = bits;
            table[l.to_ascii_uppercase() as usize] = bits.not();
        }
        l += 1;
    }
    table
};

/// Returns the set of class letter `l`; no class is empty.
#[inline]
pub(super) fn class(l: u8) -> Option<&'static Bits> {
    CLASSES.get(usize::from(l)).filter(|bits| **bits != Bits::EMPTY)
}

/// The bytes `%c` stands for.
fn escaped(c: u8) -> Bits {
    class(c).copied().unwrap_or(Bits::EMPTY.with(c))
}

/// Parses a set from `p`, behind its `[`; returns it and where the pattern goes on.
pub(super) fn parse_set(pat: &[u8], p: usize) -> Result<(Bits, usize), PatternError> {
    let negate = pat.get(p) == Some(&b'^');
    let start = p + usize::from(negate);
    // The first byte is part of the set even if it is `]`, and so is whatever follows a `%`.
    let mut end = start;
    loop {
        match pat.get(end) {
            None => return Err(PatternError::Bracket),
            Some(b'%') if end + 1 < pat.len() => end += 2,
            Some(_) => end += 1,
        }
        if pat.get(end) == Some(&b']') {
            break;
        }
    }
    let text = &pat[start..end];
    let mut bits = Bits::EMPTY;
    let mut i = 0;
    while i < text.len() {
        if text[i] == b'%' && i + 1 < text.len() {
            bits = bits.or(escaped(text[i + 1]));
            i += 2;
        } else if i + 2 < text.len() && text[i + 1] == b'-' {
            for c in text[i]..=text[i + 2] {
                bits = bits.with(c);
            }
            i += 3;
        } else {
            bits = bits.with(text[i]);
            i += 1;
        }
    }
    Ok((if negate { bits.not() } else { bits }, end + 1))
}

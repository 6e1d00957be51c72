//! Packing of text that repeats itself: what an image keeps for later takes a fifth of its size.
//!
//! The bytes are a sequence of steps, each *literals, then a copy of what came before*:
//!
//! ```text
//! step = token [more literals] literals [distance:u16 [more bytes]]
//! ```
//!
//! The token's upper half is the number of literals, its lower half the length of the copy less [`SHORTEST`]. 15 in either half is continued by
//! bytes that are added, of which each but the last is 255. The last step has no copy. No entropy is coded: unpacking is nothing but
//! copying, about a gigabyte a second.
//!
//! Invariant: `unpack(&pack(b), b.len()) == Some(b)`; equal inputs give equal bytes. No input makes [`unpack`] panic or return more than it was asked for.

/// Copies are at least this long.
const SHORTEST: usize = 4;
/// What a token's half holds at most.
const HALF: usize = 15;
/// How far back copies reach.
const WINDOW: usize = 0xffff;
/// Earlier places that are tried for a copy.
const TRIES: usize = 48;
const BITS: u32 = 15;
const NOWHERE: u32 = u32::MAX;

/// The places where each group of four bytes was seen last, and for each place the one before it.
struct Places {
    last: Vec<u32>,
    before: Vec<u32>,
}

impl Places {
    fn slot(bytes: &[u8], at: usize) -> usize {
        let four = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        (four.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
    }

    fn note(&mut self, bytes: &[u8], at: usize) {
        if at + SHORTEST <= bytes.len() {
            let slot = Places::slot(bytes, at);
            self.before[at] = self.last[slot];
            self.last[slot] = at as u32;
        }
    }

    /// Finds the longest copy for what stands at `at`: its distance and length, which is 0 if there is none.
    fn longest(&self, bytes: &[u8], at: usize) -> (usize, usize) {
        let mut best = (0, 0);
        if at + SHORTEST > bytes.len() {
            return best;
        }
        let mut from = self.last[Places::slot(bytes, at)];
        for _ in 0..TRIES {
            if from == NOWHERE || at - from as usize > WINDOW {
                break;
            }
            let start = from as usize;
            // What is longer differs from the best behind its end, if anywhere.
            if bytes.get(at + best.1) == bytes.get(start + best.1) {
                let len = bytes[at..].iter().zip(&bytes[start..]).take_while(|(a, b)| a == b).count();
                if len >= SHORTEST && len > best.1 {
                    best = (at - start, len);
                }
            }
            from = self.before[start];
        }
        best
    }
}

/// Writes what does not fit into a token's half.
fn put_more(out: &mut Vec<u8>, n: usize) {
    if n >= HALF {
        let rest = n - HALF;
        out.resize(out.len() + rest / 255, 255);
        out.push((rest % 255) as u8);
    }
}

fn put_step(out: &mut Vec<u8>, literals: &[u8], copy: Option<(usize, usize)>) {
    let length = copy.map_or(0, |(_, len)| len - SHORTEST);
    out.push((literals.len().min(HALF) << 4 | length.min(HALF)) as u8);
    put_more(out, literals.len());
    out.extend_from_slice(literals);
    if let Some((distance, _)) = copy {
        out.extend_from_slice(&(distance as u16).to_le_bytes());
        put_more(out, length);
    }
}

/// Packs bytes.
#[must_use]
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut places = Places { last: vec![NOWHERE; 1 << BITS], before: vec![NOWHERE; bytes.len()] };
    let mut out = Vec::with_capacity(bytes.len() / 4);
    let (mut at, mut done) = (0, 0);
    while at < bytes.len() {
        let found = places.longest(bytes, at);
        places.note(bytes, at);
        // One byte later there may be a longer one.
        if found.1 == 0 || places.longest(bytes, at + 1).1 > found.1 + 1 {
            at += 1;
            continue;
        }
        put_step(&mut out, &bytes[done..at], Some(found));
        (at + 1..at + found.1).for_each(|i| places.note(bytes, i));
        at += found.1;
        done = at;
    }
    put_step(&mut out, &bytes[done..], None);
    out
}

/// Takes a number that began with a token's half.
fn take_number(half: u8, rest: &mut &[u8]) -> Option<usize> {
    let mut n = usize::from(half);
    if n == HALF {
        loop {
            let (&more, tail) = rest.split_first()?;
            *rest = tail;
            n += usize::from(more);
            if more < 255 {
                break;
            }
        }
    }
    Some(n)
}

/// Unpacks what [`pack`] made of `len` bytes; `None` if these are not that.
#[must_use]
pub fn unpack(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    // A byte stands for at most 255, whoever wrote it.
    if len / 256 > packed.len() {
        return None;
    }
    let mut out = Vec::with_capacity(len);
    let mut rest = packed;
    loop {
        let (&token, tail) = rest.split_first()?;
        rest = tail;
        let n = take_number(token >> 4, &mut rest)?;
        let (literals, tail) = rest.split_at_checked(n)?;
        out.extend_from_slice(literals);
        rest = tail;
        if rest.is_empty() {
            return (out.len() == len).then_some(out);
        }
        let (distance, tail) = rest.split_at_checked(2)?;
        rest = tail;
        let distance = usize::from(u16::from_le_bytes([distance[0], distance[1]]));
        let n = take_number(token & HALF as u8, &mut rest)? + SHORTEST;
        let mut from = out.len().checked_sub(distance).filter(|_| distance != 0)?;
        if out.len() + n > len {
            return None;
        }
        // A copy may reach into itself: what repeats.
        let mut left = n;
        while left != 0 {
            let part = left.min(out.len() - from);
            out.extend_from_within(from..from + part);
            from += part;
            left -= part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    fn round_trip(bytes: &[u8]) -> usize {
        let packed = pack(bytes);
        assert_eq!(unpack(&packed, bytes.len()).as_deref(), Some(bytes));
        packed.len()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        for text in [&b""[..], b"a", b"abcd", b"abcdabcd", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            round_trip(text);
        }
        // Lengths about the ends of tokens and of their continuations, of literals and of copies.
        let mut seed = 7;
        for n in (0..40).chain(260..300).chain(520..540) {
            let noise: Vec<u8> = (0..n).map(|_| random(&mut seed) as u8).collect();
            round_trip(&noise);
            round_trip(&[&noise[..], b"|", &noise].concat());
            round_trip(&vec![b'x'; n]);
        }
        for alphabet in [2, 3, 20] {
            let text: Vec<u8> = (0..200_000).map(|_| b'a' + (random(&mut seed) % alphabet) as u8).collect();
            round_trip(&text);
        }
        // A copy from as far as a distance reaches, and from farther.
        for gap in [WINDOW - 8, WINDOW - 7, WINDOW, WINDOW + 1] {
            let noise: Vec<u8> = (0..gap).map(|_| random(&mut seed) as u8).collect();
            round_trip(&[b"12345678", &noise[..], b"12345678"].concat());
        }
    }

    #[test]
    fn text_of_traces_shrinks() {
        let mut seed = 3;
        let lines = (0..2000).map(|i| {
            let op = ["add", "hload", "fload", "eq", "sload"][random(&mut seed) as usize % 5];
            format!("  {i:04} >   int {op:7} {:04} tab.shape\n", random(&mut seed) % 2000)
        });
        let text: String = lines.collect();
        let packed = round_trip(text.as_bytes());
        assert!(packed * 3 < text.len(), "{packed} of {}", text.len());
    }

    #[test]
    fn damaged_bytes_do_no_harm() {
        let text = b"some text, some more text, and some other text. some text, some more text";
        let good = pack(text);
        let mut seed = 11;
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..1 + random(&mut seed) % 3 {
                let at = random(&mut seed) as usize % bytes.len();
                bytes[at] = random(&mut seed) as u8;
            }
            bytes.truncate(random(&mut seed) as usize % (bytes.len() + 1));
            let len = random(&mut seed) as usize % 200;
            assert!(unpack(&bytes, len).is_none_or(|out| out.len() == len));
        }
        assert_eq!(unpack(&[0xff; 8], usize::MAX), None);
    }
}

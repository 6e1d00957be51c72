//! Interned strings: names and string constants become numbers that compare in one instruction.
//!
//! Text that occurs in the source as it stands is not copied; only decoded literals are.
//!
//! The buffers outlive a compilation: a small chunk is compiled without growing anything, and finds the reserved words where
//! the chunk before it has left them.
//!
//! Invariant: symbols below [`Sym::FIRST`] are not strings: nothing, the hidden loop variables in the numbering of dumps,
//! and the label that `break` jumps to. Reserved words follow in the order of the token table.

use crate::token::Tok;
use bytecode::proto::{Bytes, InternalVar};
use std::hash::{BuildHasher, Hasher};

/// An interned string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sym(pub u32);

const INTERNAL: [InternalVar; 6] = [
    InternalVar::ForIdx,
    InternalVar::ForStop,
    InternalVar::ForStep,
    InternalVar::ForGen,
    InternalVar::ForState,
    InternalVar::ForCtl,
];
const _: () = assert!(InternalVar::ForIdx as u8 == 1 && InternalVar::ForCtl as u8 == 6);

impl Sym {
    /// No name.
    pub(crate) const NONE: Sym = Sym(0);
    /// The label after a loop.
    pub(crate) const BREAK: Sym = Sym(7);
    /// The first string, and first reserved word.
    const FIRST: u32 = 8;
    /// `self`
    pub(crate) const SELF: Sym = Sym(Self::FIRST + Tok::RESERVED.len() as u32);
    /// `pairs`
    pub(crate) const PAIRS: Sym = Sym(Self::SELF.0 + 1);
    /// `next`
    pub(crate) const NEXT: Sym = Sym(Self::SELF.0 + 2);
    /// The first string of a chunk that is not known beforehand.
    const FRESH: usize = Self::NEXT.0 as usize + 1;

    /// Returns the symbol of a hidden variable.
    pub(crate) const fn internal(var: InternalVar) -> Sym {
        Sym(var as u32)
    }

    /// Returns the hidden variable the symbol stands for.
    pub(crate) fn as_internal(self) -> Option<InternalVar> {
        INTERNAL.get((self.0 as usize).wrapping_sub(1)).copied()
    }

    /// Returns the token of a reserved word, `NAME` for every other string.
    pub(crate) fn token(self) -> Tok {
        if self.0 < Self::SELF.0 { Tok(Tok::FIRST + (self.0 - Self::FIRST) as u16) } else { Tok::NAME }
    }
}

/// Where a string's bytes are.
#[derive(Clone, Copy)]
struct Entry {
    /// Offset in the source, or, from [`DECODED`] on, in the buffer of decoded strings.
    start: u32,
    len: u32,
    /// Number of the copy for prototypes, from 1 on; 0 while there is none.
    copy: u32,
    /// A local variable has this name.
    names_local: bool,
    /// The text itself if it is at most eight bytes long, a hash of it otherwise.
    word: u64,
}

/// Offsets from here on are those of decoded strings. No source is that large, and what is decoded is no larger than the source.
const DECODED: u32 = 1 << 31;

/// Places of a small table; the known words leave room in it for as many others.
const PLACES: usize = 128;
const _: () = assert!(Sym::FRESH * 3 < PLACES, "a small table has room for names");

/// What an interner leaves to the next one: its buffers, and the known words in their places.
pub(crate) struct Tables {
    decoded: Vec<u8>,
    entries: Vec<Entry>,
    /// Copies of strings for prototypes, made when they are first needed.
    copies: Vec<Bytes>,
    table: Vec<u32>,
    /// A table of [`PLACES`] places with the known words only.
    known: Box<[u32; PLACES]>,
    /// An entry below [`Sym::FRESH`] has a copy, or names a local variable.
    known_used: bool,
    /// Length of `decoded` with the known words only.
    known_len: usize,
    seed: u64,
}

impl Tables {
    /// Makes tables that hold the reserved words and the names the compiler looks for.
    pub(crate) fn new() -> Tables {
        // The seed keeps crafted sources from flooding the table; nothing observable depends on it.
        let seed = std::hash::RandomState::new().build_hasher().finish();
        let nothing = Entry { start: 0, len: 0, copy: 0, names_local: false, word: 0 };
        let mut tables = Tables {
            decoded: Vec::new(),
            entries: vec![nothing; Sym::FIRST as usize],
            copies: Vec::new(),
            table: vec![0; PLACES],
            known: Box::new([0; PLACES]),
            known_used: false,
            known_len: 0,
            seed,
        };
        let mut interner = Interner { source: &[], tables };
        for word in Tok::RESERVED.iter().chain(&["self", "pairs", "next"]) {
            interner.intern_decoded(word.as_bytes());
        }
        tables = interner.tables;
        tables.known.copy_from_slice(&tables.table);
        tables.known_len = tables.decoded.len();
        tables
    }

    /// Forgets all but the known words.
    fn reset(&mut self) {
        self.decoded.truncate(self.known_len);
        self.entries.truncate(Sym::FRESH);
        if std::mem::take(&mut self.known_used) {
            self.entries.iter_mut().for_each(|entry| (entry.copy, entry.names_local) = (0, false));
        }
        self.copies.clear();
        self.table.clear();
        self.table.extend_from_slice(&*self.known);
    }

    #[cold]
    fn rebuild(&mut self, places: usize) {
        let mask = places - 1;
        self.table.clear();
        self.table.resize(places, 0);
        for (id, entry) in self.entries.iter().enumerate().skip(Sym::FIRST as usize) {
            let mut at = place_of(entry.word, entry.len, self.seed) & mask;
            while self.table[at] != 0 {
                at = (at + 1) & mask;
            }
            self.table[at] = id as u32;
        }
    }
}

/// All strings of a chunk.
pub(crate) struct Interner<'a> {
    source: &'a [u8],
    tables: Tables,
}

impl<'a> Interner<'a> {
    /// Starts with the known words.
    pub(crate) fn new(source: &'a [u8], mut tables: Tables) -> Interner<'a> {
        let places = (source.len() / 32).min(1 << 16).next_power_of_two();
        if places > PLACES {
            tables.entries.reserve(places / 2);
            tables.rebuild(places);
        }
        Interner { source, tables }
    }

    /// Returns the buffers, without the chunk's strings.
    pub(crate) fn into_tables(mut self) -> Tables {
        self.tables.reset();
        self.tables
    }

    /// Interns the source text from `start` to `end`.
    #[inline]
    pub(crate) fn intern_source(&mut self, start: usize, end: usize) -> Sym {
        let text = &self.source[start..end];
        self.find(text, |_| start as u32)
    }

    /// Interns source text of at most eight bytes, which are the lowest of `word`; the others are zero.
    #[inline]
    pub(crate) fn intern_word(&mut self, start: usize, len: usize, word: u64) -> Sym {
        self.find_word(len as u32, word, |_, _| true, |_| start as u32)
    }

    /// Interns text that is not part of the source.
    pub(crate) fn intern_decoded(&mut self, text: &[u8]) -> Sym {
        self.find(text, |decoded| {
            let start = DECODED | decoded.len() as u32;
            decoded.extend_from_slice(text);
            start
        })
    }

    /// Returns a symbol's bytes.
    pub(crate) fn bytes(&self, sym: Sym) -> &[u8] {
        self.entry_bytes(self.tables.entries[sym.0 as usize])
    }

    /// Returns a symbol's bytes for use in a prototype.
    pub(crate) fn share(&mut self, sym: Sym) -> Bytes {
        let at = sym.0 as usize;
        if let Some(copy) = (self.tables.entries[at].copy as usize).checked_sub(1) {
            return Bytes::clone(&self.tables.copies[copy]);
        }
        let bytes = Bytes::from(self.bytes(sym));
        self.tables.copies.push(Bytes::clone(&bytes));
        self.tables.entries[at].copy = self.tables.copies.len() as u32;
        self.tables.known_used |= at < Sym::FRESH;
        bytes
    }

    /// Notes that a local variable has this name.
    pub(crate) fn note_local(&mut self, sym: Sym) {
        self.tables.entries[sym.0 as usize].names_local = true;
        self.tables.known_used |= (sym.0 as usize) < Sym::FRESH;
    }

    /// Says whether a local variable somewhere in the chunk has had this name.
    pub(crate) fn names_local(&self, sym: Sym) -> bool {
        self.tables.entries[sym.0 as usize].names_local
    }

    #[inline]
    fn entry_bytes(&self, entry: Entry) -> &[u8] {
        let len = entry.len as usize;
        let start = (entry.start & !DECODED) as usize;
        let text = if entry.start & DECODED == 0 { self.source } else { &self.tables.decoded };
        &text[start..start + len]
    }

    #[inline]
    fn find(&mut self, text: &[u8], place: impl FnOnce(&mut Vec<u8>) -> u32) -> Sym {
        let word = word_of(text, self.tables.seed);
        let same = |this: &Self, entry: Entry| text.len() <= 8 || this.entry_bytes(entry) == text;
        self.find_word(text.len() as u32, word, same, place)
    }

    /// Finds a string by its word; `same` says whether an entry with that word and length is the string, `place` puts a new one somewhere.
    #[inline]
    fn find_word(
        &mut self,
        len: u32,
        word: u64,
        same: impl Fn(&Self, Entry) -> bool,
        place: impl FnOnce(&mut Vec<u8>) -> u32,
    ) -> Sym {
        let mask = self.tables.table.len() - 1;
        let mut at = place_of(word, len, self.tables.seed) & mask;
        loop {
            let id = self.tables.table[at];
            if id == 0 {
                break;
            }
            let entry = self.tables.entries[id as usize];
            if entry.word == word && entry.len == len && same(self, entry) {
                return Sym(id);
            }
            at = (at + 1) & mask;
        }
        let id = self.tables.entries.len() as u32;
        let start = place(&mut self.tables.decoded);
        self.tables.entries.push(Entry { start, len, copy: 0, names_local: false, word });
        self.tables.table[at] = id;
        if self.tables.entries.len() * 2 > self.tables.table.len() {
            self.tables.rebuild(self.tables.table.len() * 2);
        }
        Sym(id)
    }
}

/// Mixes two words: the folded product spreads every input bit over the result.
#[inline]
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns where to look for a string.
#[inline]
fn place_of(word: u64, len: u32, seed: u64) -> usize {
    mix(word ^ seed, MULTIPLIER ^ u64::from(len) << 48) as usize
}

#[inline]
fn word_of(text: &[u8], seed: u64) -> u64 {
    match *text {
        [] => 0,
        [a] => u64::from(a),
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        _ if text.len() <= 8 => {
            // Two overlapping halves cover every length from 4 to 8; what both have is taken from the first.
            let half = |chunk: Option<&[u8; 4]>| chunk.map_or(0, |c| u64::from(u32::from_le_bytes(*c)));
            half(text.first_chunk()) | half(text.last_chunk()) >> (8 * (8 - text.len())) << 32
        }
        _ => {
            let (chunks, _) = text.as_chunks::<8>();
            let state = chunks.iter().fold(seed, |state, chunk| mix(state ^ u64::from_le_bytes(*chunk), MULTIPLIER));
            state ^ text.last_chunk::<8>().map_or(0, |c| u64::from_le_bytes(*c))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_keep_only_the_known_words() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|i| format!("{i:x} ").into_bytes()).collect();
        let mut tables = Tables::new();
        for len in [9, text.len(), 0, 3000] {
            let mut strings = Interner::new(&text[..len], tables);
            strings.note_local(Sym::SELF);
            let mut at = 0;
            for (i, word) in text[..len].split(|b| *b == b' ').enumerate().take(len / 8) {
                assert_eq!(strings.intern_source(at, at + word.len()).0 as usize, Sym::FRESH + i);
                assert_eq!(strings.intern_decoded(b"while").token(), Tok::WHILE);
                at += word.len() + 1;
            }
            tables = strings.into_tables();
            let strings = Interner::new(b"", tables);
            assert!(!strings.names_local(Sym::SELF) && strings.bytes(Sym::NEXT) == b"next");
            tables = strings.into_tables();
        }
    }

    #[test]
    fn equal_strings_are_equal_symbols() {
        let text: Vec<u8> = (0..=255).cycle().take(2000).collect();
        let mut strings = Interner::new(&text, Tables::new());
        let mut seen = std::collections::HashMap::new();
        for len in 0..40 {
            for start in 0..1000 {
                let bytes = &text[start..start + len];
                let sym = strings.intern_source(start, start + len);
                assert_eq!(strings.intern_decoded(bytes), sym);
                assert_eq!(*seen.entry(bytes.to_vec()).or_insert(sym), sym);
                assert_eq!(strings.bytes(sym), bytes);
                assert_eq!(&*strings.share(sym), bytes);
            }
        }
        let symbols: std::collections::HashSet<u32> = seen.values().map(|sym| sym.0).collect();
        assert_eq!(symbols.len(), seen.len());
    }

    #[test]
    fn short_strings_are_their_words() {
        let text = b"abcdefghij";
        let mut strings = Interner::new(text, Tables::new());
        for start in 0..2 {
            for len in 1..=8 {
                let mut bytes = [0; 8];
                bytes[..len].copy_from_slice(&text[start..start + len]);
                let sym = strings.intern_word(start, len, u64::from_le_bytes(bytes));
                assert_eq!(strings.intern_source(start, start + len), sym);
                assert_eq!(strings.bytes(sym), &text[start..start + len]);
            }
        }
    }

    #[test]
    fn reserved_words_are_tokens() {
        let mut strings = Interner::new(b"", Tables::new());
        for (i, word) in Tok::RESERVED.iter().enumerate() {
            assert_eq!(strings.intern_decoded(word.as_bytes()).token(), Tok(Tok::FIRST + i as u16));
        }
        for (word, sym) in [("self", Sym::SELF), ("pairs", Sym::PAIRS), ("next", Sym::NEXT)] {
            assert_eq!((strings.intern_decoded(word.as_bytes()), sym.token()), (sym, Tok::NAME));
        }
        assert_eq!(Sym::internal(InternalVar::ForGen).as_internal(), Some(InternalVar::ForGen));
        assert_eq!((Sym::NONE.as_internal(), Sym::BREAK.as_internal(), Sym::SELF.as_internal()), (None, None, None));
    }
}

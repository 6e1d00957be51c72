//! Lua patterns, matched against bytes.
//!
//! The matcher walks the pattern text itself, as there is nothing to gain from compiling a dozen bytes; what repeats is prepared:
//! a class or a set becomes a bitmap of 256 bits once, and stays one for the next call with the same pattern; a repetition tries the rest
//! of the pattern only where the literal byte that follows it occurs. A search whose pattern starts with a literal byte jumps from one
//! occurrence to the next.
//!
//! A pattern ends at its first NUL byte. Reading behind the subject gives a NUL, which is what `%f` sees at its end.
//!
//! Invariant: positions are indices; every access is checked, so a subject that changed between two calls is only a failed match.
//! Invariant: nesting is at most `MAX_DEPTH`, so the native stack is bounded.

use std::cell::Cell;
use std::fmt;

/// Captures a pattern may have.
pub const MAX_CAPTURES: usize = 32;
/// Nested matches (captures and repetitions) at most.
const MAX_DEPTH: u32 = 200;
const UNFINISHED: i32 = -1;
const POSITION: i32 = -2;

macro_rules! pattern_errors {
    ($($(#[$doc:meta])* $name:ident $message:literal;)*) => {
        /// Why a pattern cannot be matched.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum PatternError { $($(#[$doc])* $name,)* }
        impl PatternError {
            /// Returns the text of the error.
            pub fn message(self) -> &'static str {
                match self { $(PatternError::$name => $message,)* }
            }
        }
    };
}
pattern_errors! {
    /// `%f` without a set.
    Frontier "missing '[' after '%f' in pattern";
    /// `)` without `(`.
    Close "invalid pattern capture";
    /// The pattern ends behind a `%`.
    Escape "malformed pattern (ends with '%')";
    /// A set does not end.
    Bracket "malformed pattern (missing ']')";
    /// `%b` without two bytes.
    Balance "unbalanced pattern";
    /// Nested too deeply.
    Complex "pattern too complex";
    /// A reference to a capture that is not there.
    Index "invalid capture index";
    /// More than [`MAX_CAPTURES`].
    TooMany "too many captures";
    /// `(` without `)`.
    Unfinished "unfinished capture";
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bits([u64; 4]);

impl Bits {
    const EMPTY: Bits = Bits([0; 4]);

    #[inline(always)]
    const fn has(&self, c: u8) -> bool {
        self.0[(c >> 6) as usize] >> (c & 63) & 1 != 0
    }

    const fn with(mut self, c: u8) -> Bits {
        self.0[(c >> 6) as usize] |= 1 << (c & 63);
        self
    }

    const fn not(self) -> Bits {
        Bits([!self.0[0], !self.0[1], !self.0[2], !self.0[3]])
    }

    const fn is_disjoint(&self, o: &Bits) -> bool {
        self.0[0] & o.0[0] | self.0[1] & o.0[1] | self.0[2] & o.0[2] | self.0[3] & o.0[3] == 0
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
fn class(l: u8) -> Option<&'static Bits> {
    CLASSES.get(usize::from(l)).filter(|bits| **bits != Bits::EMPTY)
}

/// The bytes `%c` stands for.
fn escaped(c: u8) -> Bits {
    class(c).copied().unwrap_or(Bits::EMPTY.with(c))
}

/// A pattern item that matches one byte.
#[derive(Clone, Copy)]
enum Item {
    Any,
    Byte(u8),
    Class(&'static Bits),
    /// The set whose text starts here; [`State::set`] has its bits.
    Set(usize),
}

#[derive(Clone, Copy)]
struct Capture {
    start: u32,
    /// Bytes, or [`UNFINISHED`], or [`POSITION`].
    len: i32,
}

/// What a capture is after a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Captured {
    /// Bytes from … to.
    Range(usize, usize),
    /// A position, from 1.
    Position(usize),
}

/// What is known of the first byte of a match.
#[derive(Clone, Copy)]
enum First {
    /// Nothing.
    Any,
    /// The item that it matches.
    Begins(Item),
    /// The item that it matches, and that there is nothing behind it.
    Only(Item),
}

/// Number of sets kept as bitmaps.
const SETS: usize = 4;

/// Longest pattern whose sets are kept for the next call with it.
const KEPT_TEXT: usize = 48;
/// Number of states that wait for their patterns.
const STATES: usize = 16;

/// The state of matching one pattern: captures, and sets met so far. One state serves one pattern only.
pub struct State {
    level: u32,
    depth: u32,
    captures: [Capture; MAX_CAPTURES],
    /// The pattern that all of the following is of, if it is short.
    text: [u8; KEPT_TEXT],
    text_len: Option<u8>,
    /// `^` at its beginning is an anchor, where it is there.
    anchors: bool,
    anchored: bool,
    /// It has bytes with a meaning of their own.
    special: bool,
    /// Where it ends: before its first NUL byte.
    end: usize,
    /// Pattern position behind `[` (0: none) and behind `]` of each kept set.
    set_at: [(u32, u32); SETS],
    sets: [Bits; SETS],
    /// What the first byte of a match is, once a search has looked.
    first: Option<First>,
}

thread_local! {
    static WAITING: [Cell<Option<Box<State>>>; STATES] = const { [const { Cell::new(None) }; STATES] };
}

/// A state for one pattern, out of reused memory: clearing all captures would cost as much as many a match.
pub struct Fresh {
    state: Option<Box<State>>,
    way: usize,
}

/// Takes the state that a pattern had the last time, or makes another if that is in use. `anchors` says whether `^` has a meaning.
#[inline]
pub fn fresh(pat: &[u8], anchors: bool) -> Fresh {
    // Constant patterns do not move; whose state it is says the text.
    let place = pat.as_ptr().addr() >> 4;
    let way = (place ^ place >> 4) % STATES;
    let mut state = WAITING.with(|w| w[way].take()).unwrap_or_default();
    state.prepare(pat, anchors);
    Fresh { state: Some(state), way }
}

impl Fresh {
    /// Returns the state.
    #[inline]
    pub fn state(&mut self) -> &mut State {
        self.state.get_or_insert_default()
    }
}

impl Drop for Fresh {
    #[inline]
    fn drop(&mut self) {
        WAITING.with(|w| w[self.way].set(self.state.take()));
    }
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

impl State {
    /// Creates the state for a pattern.
    pub fn new() -> State {
        State {
            level: 0,
            depth: 0,
            captures: [Capture { start: 0, len: 0 }; MAX_CAPTURES],
            text: [0; KEPT_TEXT],
            text_len: None,
            anchors: true,
            anchored: false,
            special: false,
            end: 0,
            set_at: [(0, 0); SETS],
            sets: [Bits::EMPTY; SETS],
            first: None,
        }
    }

    /// Makes the state one for a pattern: what captures hold counts only as far as the level says, and what is known of the pattern stays if it was
    /// the same before.
    #[inline]
    pub fn prepare(&mut self, pat: &[u8], anchors: bool) {
        (self.level, self.depth) = (0, 0);
        let same = self.text_len.is_some_and(|n| self.text[..usize::from(n)] == *pat);
        if !same || self.anchors != anchors {
            self.change(pat, anchors);
        }
    }

    #[inline(never)]
    fn change(&mut self, pat: &[u8], anchors: bool) {
        self.end = effective(pat).len();
        self.anchors = anchors;
        self.anchored = anchors && pat[..self.end].first() == Some(&b'^');
        self.special = has_specials(pat);
        self.set_at = [(0, 0); SETS];
        self.first = None;
        self.text_len = None;
        if let Some(text) = self.text.get_mut(..pat.len()) {
            text.copy_from_slice(pat);
            self.text_len = Some(pat.len() as u8);
        }
    }

    /// Says whether the pattern it was prepared for is one, and no plain text.
    #[inline]
    pub fn is_special(&self) -> bool {
        self.special
    }

    /// Returns what counts of the pattern it was prepared for: whether it is anchored, and what is matched.
    #[inline]
    pub fn parts<'p>(&self, pat: &'p [u8]) -> (bool, &'p [u8]) {
        (self.anchored, pat.get(usize::from(self.anchored)..self.end).unwrap_or_default())
    }

    /// Returns the set whose text starts at `p`, behind `[`, and where the pattern goes on.
    #[inline]
    fn set(&mut self, pat: &[u8], p: usize) -> Result<(&Bits, usize), PatternError> {
        let way = p % SETS;
        if self.set_at[way].0 as usize != p {
            let (bits, next) = parse_set(pat, p)?;
            self.set_at[way] = (p as u32, next as u32);
            self.sets[way] = bits;
        }
        Ok((&self.sets[way], self.set_at[way].1 as usize))
    }

    /// Reads the item at `p`, whose first byte is `c`; returns it and where the pattern goes on.
    #[inline]
    fn item(&mut self, pat: &[u8], c: u8, p: usize) -> Result<(Item, usize), PatternError> {
        match c {
            b'.' => Ok((Item::Any, p + 1)),
            b'%' => match pat.get(p + 1) {
                None => Err(PatternError::Escape),
                Some(&l) => Ok((class(l).map_or(Item::Byte(l), Item::Class), p + 2)),
            },
            b'[' => self.set(pat, p + 1).map(|(_, next)| (Item::Set(p + 1), next)),
            _ => Ok((Item::Byte(c), p + 1)),
        }
    }

    /// Returns the bytes an item matches, if it is a class or a set.
    #[inline]
    fn bits(&mut self, pat: &[u8], item: Item) -> Option<&Bits> {
        match item {
            Item::Class(bits) => Some(bits),
            Item::Set(p) => self.set(pat, p).ok().map(|(bits, _)| bits),
            _ => None,
        }
    }

    #[inline(always)]
    fn matches(&mut self, pat: &[u8], item: Item, c: u8) -> bool {
        match item {
            Item::Any => true,
            Item::Byte(b) => b == c,
            Item::Class(bits) => bits.has(c),
            Item::Set(_) => self.bits(pat, item).is_some_and(|bits| bits.has(c)),
        }
    }

    #[inline]
    fn innermost_open(&self) -> Option<usize> {
        (0..self.level as usize).rev().find(|l| self.captures[*l].len == UNFINISHED)
    }

    /// Counts one level of nesting.
    #[inline]
    fn descend(&mut self) -> Result<(), PatternError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(PatternError::Complex) } else { Ok(()) }
    }

    /// Returns the number of captures.
    pub fn level(&self) -> u32 {
        self.level
    }

    /// Returns capture `i` (from 0) of a match from `s` to `e`; the whole match if there are none and `i` is 0.
    pub fn capture(&self, i: u32, s: usize, e: usize) -> Result<Captured, PatternError> {
        if i >= self.level {
            return if i == 0 { Ok(Captured::Range(s, e)) } else { Err(PatternError::Index) };
        }
        let c = self.captures[i as usize];
        match c.len {
            UNFINISHED => Err(PatternError::Unfinished),
            POSITION => Ok(Captured::Position(c.start as usize + 1)),
            len => Ok(Captured::Range(c.start as usize, c.start as usize + len as usize)),
        }
    }
}

/// Bytes from which on looking at many at once pays.
const SHORT: usize = 24;

/// Returns the part of a pattern that counts: up to the first NUL byte.
fn effective(pat: &[u8]) -> &[u8] {
    let end = if pat.len() < SHORT { pat.iter().position(|c| *c == 0) } else { memchr::memchr(0, pat) };
    match end {
        Some(end) => &pat[..end],
        None => pat,
    }
}

/// Says whether `pat` has any byte with a meaning of its own.
fn has_specials(pat: &[u8]) -> bool {
    pat.iter().any(|c| matches!(c, b'^' | b'$' | b'*' | b'+' | b'?' | b'.' | b'(' | b'[' | b'%' | b'-'))
}

/// Matches `pat` (effective, without anchor) at `s`; returns where the match ends.
pub fn match_at(st: &mut State, src: &[u8], pat: &[u8], s: usize) -> Result<Option<usize>, PatternError> {
    st.level = 0;
    st.depth = 0;
    Ok(Matcher { st, src, pat }.run(s, 0)?.map(|e| e as usize))
}

/// Searches `pat` (effective, without anchor) from `from` on; returns where the first match begins and ends.
pub fn search(st: &mut State, src: &[u8], pat: &[u8], from: usize) -> Result<Option<(usize, usize)>, PatternError> {
    let first = match st.first {
        Some(first) => first,
        None => {
            let first = first_item(st, pat);
            *st.first.insert(first)
        }
    };
    let mut s = from;
    while s <= src.len() {
        let tail = &src[s..];
        let skip = match first {
            First::Any => Some(0),
            First::Begins(item) | First::Only(item) => match item {
                Item::Any => (!tail.is_empty()).then_some(0),
                Item::Byte(c) if tail.first() == Some(&c) => Some(0),
                Item::Byte(c) => memchr::memchr(c, tail),
                Item::Class(bits) => tail.iter().position(|c| bits.has(*c)),
                Item::Set(_) => st.bits(pat, item).and_then(|bits| tail.iter().position(|c| bits.has(*c))),
            },
        };
        let Some(skip) = skip else { return Ok(None) };
        s += skip;
        if let First::Only(_) = first {
            st.level = 0;
            return Ok(Some((s, s + 1)));
        }
        if let Some(e) = match_at(st, src, pat, s)? {
            return Ok(Some((s, e)));
        }
        s += 1;
    }
    Ok(None)
}

/// Returns what the first byte of a match must be. Classes, with which most patterns begin, take the short way.
#[inline]
fn first_item(st: &mut State, pat: &[u8]) -> First {
    if let [b'%', letter, rest @ ..] = pat
        && let Some(bits) = class(*letter)
        && !matches!(rest.first(), Some(b'*' | b'?' | b'-'))
    {
        return if rest.is_empty() { First::Only(Item::Class(bits)) } else { First::Begins(Item::Class(bits)) };
    }
    if *pat == [b'.'] {
        return First::Only(Item::Any);
    }
    (st.level, st.depth) = (0, 0);
    let Some(item) = lookahead(st, pat, 0) else { return First::Any };
    let alone = match item {
        Item::Any => false,
        Item::Byte(c) => *pat == [c],
        Item::Class(_) => pat.len() == 2,
        Item::Set(p) => p == 1 && st.set(pat, p).is_ok_and(|(_, next)| next == pat.len()),
    };
    if alone { First::Only(item) } else { First::Begins(item) }
}

/// Returns the item that the byte at which the pattern from `p` on matches must be, if it begins with a simple one. Parentheses
/// before it are passed: one opening one, and closing ones that have something to close.
#[inline(never)]
fn lookahead(st: &mut State, pat: &[u8], mut p: usize) -> Option<Item> {
    // Near the limits nothing is passed over: there the match itself fails.
    if st.depth + 3 > MAX_DEPTH || st.level as usize == MAX_CAPTURES {
        return None;
    }
    match pat.get(p)? {
        b'(' => p += 1,
        b')' if st.innermost_open().is_some() => p += 1,
        _ => {}
    }
    match *pat.get(p..)? {
        [] | [b'(' | b')' | b'$' | b'.', ..] | [b'%', b'b' | b'f' | b'0'..=b'9', ..] => None,
        [c, ..] => {
            // What is malformed is found when it is matched.
            let (item, next) = st.item(pat, c, p).ok()?;
            let optional = matches!(pat.get(next), Some(b'*' | b'?' | b'-'));
            (!optional).then_some(item)
        }
    }
}

/// Where a match ends. 32 bits let it be returned in a register.
type Found = Result<Option<u32>, PatternError>;

struct Matcher<'a> {
    st: &'a mut State,
    src: &'a [u8],
    pat: &'a [u8],
}

impl Matcher<'_> {
    /// Matches the pattern from `p` at `s`. If that fails, captures are as before.
    fn run(&mut self, mut s: usize, mut p: usize) -> Found {
        let (level, depth) = (self.st.level, self.st.depth);
        // Captures that were open before and are closed here.
        let mut closed = 0u32;
        self.st.descend()?;
        let found = loop {
            let Some(&c) = self.pat.get(p) else { break Some(s as u32) };
            match c {
                b'(' => {
                    let position = self.pat.get(p + 1) == Some(&b')');
                    self.open(s, if position { POSITION } else { UNFINISHED })?;
                    p += if position { 2 } else { 1 };
                    continue;
                }
                b')' => {
                    closed |= 1 << self.close(s)?;
                    p += 1;
                    continue;
                }
                b'%' => match self.pat.get(p + 1) {
                    Some(b'b') => {
                        let Some(e) = self.balance(s, p + 2)? else { break None };
                        s = e as usize;
                        p += 4;
                        continue;
                    }
                    Some(b'f') => {
                        let Some(rest) = self.frontier(s, p + 2)? else { break None };
                        p = rest as usize;
                        continue;
                    }
                    Some(&digit @ b'0'..=b'9') => {
                        let Some(e) = self.back_reference(s, digit)? else { break None };
                        s = e as usize;
                        p += 2;
                        continue;
                    }
                    _ => {}
                },
                b'$' if p + 1 == self.pat.len() => break (s == self.src.len()).then_some(s as u32),
                _ => {}
            }
            let (item, next) = self.st.item(self.pat, c, p)?;
            let matched = self.src.get(s).is_some_and(|c| self.st.matches(self.pat, item, *c));
            match self.pat.get(next) {
                Some(b'?') => {
                    if matched && let Some(e) = self.run(s + 1, next + 1)? {
                        break Some(e);
                    }
                    p = next + 1;
                }
                Some(b'*' | b'+') => {
                    let least = usize::from(self.pat[next] == b'+');
                    if least == 1 && !matched {
                        break None;
                    }
                    let e = if matched { self.span(s + 1, item) } else { s };
                    p = next + 1;
                    if e > s + least && !self.settled(item, p) {
                        break self.longest(s + least, e, p)?;
                    }
                    self.st.descend()?;
                    s = e;
                }
                Some(b'-') => break self.shortest(s, item, next + 1)?,
                _ if matched => {
                    s += 1;
                    p = next;
                }
                _ => break None,
            }
        };
        self.st.depth = depth;
        if found.is_none() {
            self.st.level = level;
            while closed != 0 {
                self.st.captures[closed.trailing_zeros() as usize].len = UNFINISHED;
                closed &= closed - 1;
            }
        }
        Ok(found)
    }

    /// Says whether the byte at `s` is what comes next, as far as is known.
    #[inline(always)]
    fn may_follow(&mut self, next: Option<Item>, s: usize) -> bool {
        match next {
            None => true,
            Some(item) => self.src.get(s).is_some_and(|c| self.st.matches(self.pat, item, *c)),
        }
    }

    /// Returns the end of as many items as possible from `s` on.
    #[inline]
    fn span(&mut self, s: usize, item: Item) -> usize {
        let tail = self.src.get(s..).unwrap_or_default();
        let count = match item {
            Item::Any => tail.len(),
            Item::Byte(b) => tail.iter().take_while(|c| **c == b).count(),
            _ => match self.st.bits(self.pat, item) {
                Some(bits) => tail.iter().take_while(|c| bits.has(**c)).count(),
                None => 0,
            },
        };
        s + count
    }

    /// Says whether giving back items before the pattern from `p` on is in vain: what follows them matches always, or only at the
    /// end of the subject, or begins with a byte that is none of them.
    #[inline]
    fn settled(&mut self, item: Item, p: usize) -> bool {
        let optional = |next: Option<&u8>| matches!(next, Some(b'*' | b'?' | b'-'));
        let mut rest = self.pat.get(p..).unwrap_or_default();
        if let [b')', behind @ ..] = rest {
            rest = behind;
        }
        match *rest {
            [] | [b'$'] => true,
            [b'%', letter, ref behind @ ..] => match (class(letter), item) {
                _ if optional(behind.first()) => false,
                (Some(next), Item::Class(bits)) => bits.is_disjoint(next),
                (None, _) if !matches!(letter, b'b' | b'f' | b'0'..=b'9') => !self.st.matches(self.pat, item, letter),
                _ => false,
            },
            [b'(' | b')' | b'.' | b'[' | b'%' | b'$', ..] => false,
            [c, ref behind @ ..] => !optional(behind.first()) && !self.st.matches(self.pat, item, c),
        }
    }

    /// Matches the rest of the pattern behind the items from `s` to `e`, giving back one by one.
    #[inline(never)]
    fn longest(&mut self, s: usize, mut e: usize, rest: usize) -> Found {
        // Mostly the first attempt succeeds.
        if let Some(found) = self.run(e, rest)? {
            return Ok(Some(found));
        }
        let next = lookahead(self.st, self.pat, rest);
        while e > s {
            e -= 1;
            if self.may_follow(next, e)
                && let Some(found) = self.run(e, rest)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Matches as few items as possible from `s`, then the rest of the pattern.
    #[inline(never)]
    fn shortest(&mut self, mut s: usize, item: Item, rest: usize) -> Found {
        let next = lookahead(self.st, self.pat, rest);
        loop {
            if self.may_follow(next, s)
                && let Some(found) = self.run(s, rest)?
            {
                return Ok(Some(found));
            }
            match self.src.get(s) {
                Some(c) if self.st.matches(self.pat, item, *c) => s += 1,
                _ => return Ok(None),
            }
        }
    }

    /// Opens a capture at `s`.
    #[inline]
    fn open(&mut self, s: usize, len: i32) -> Result<(), PatternError> {
        let capture = self.st.captures.get_mut(self.st.level as usize).ok_or(PatternError::TooMany)?;
        *capture = Capture { start: s as u32, len };
        self.st.level += 1;
        self.st.descend()
    }

    /// Closes the innermost open capture at `s`; returns its number.
    #[inline]
    fn close(&mut self, s: usize) -> Result<usize, PatternError> {
        let l = self.st.innermost_open().ok_or(PatternError::Close)?;
        self.st.captures[l].len = (s - self.st.captures[l].start as usize) as i32;
        self.st.descend()?;
        Ok(l)
    }

    /// `%1` … `%9`: the text of a capture again. A position capture never matches.
    #[inline(never)]
    fn back_reference(&self, s: usize, digit: u8) -> Found {
        let l = usize::from(digit).wrapping_sub(usize::from(b'1'));
        if l >= self.st.level as usize || self.st.captures[l].len == UNFINISHED {
            return Err(PatternError::Index);
        }
        let c = self.st.captures[l];
        let Ok(len) = usize::try_from(c.len) else { return Ok(None) };
        let start = c.start as usize;
        let same = self.src.get(s..s + len).is_some_and(|text| Some(text) == self.src.get(start..start + len));
        Ok(same.then_some((s + len) as u32))
    }

    /// `%bxy`: from an `x` to the `y` that balances it.
    #[inline(never)]
    fn balance(&self, s: usize, p: usize) -> Found {
        let (Some(&open), Some(&close)) = (self.pat.get(p), self.pat.get(p + 1)) else {
            return Err(PatternError::Balance);
        };
        // Behind the subject is a NUL byte, which no pattern holds.
        if self.src.get(s) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1u32;
        for (i, c) in self.src.iter().enumerate().skip(s + 1) {
            if *c == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(i as u32 + 1));
                }
            } else if *c == open {
                depth += 1;
            }
        }
        Ok(None)
    }

    /// `%f[set]`: a border between a byte outside and a byte inside the set; returns where the pattern goes on.
    #[inline(never)]
    fn frontier(&mut self, s: usize, p: usize) -> Found {
        if self.pat.get(p) != Some(&b'[') {
            return Err(PatternError::Frontier);
        }
        let (bits, rest) = self.st.set(self.pat, p + 1)?;
        let before = s.checked_sub(1).and_then(|i| self.src.get(i)).copied().unwrap_or(0);
        let here = self.src.get(s).copied().unwrap_or(0);
        Ok((!bits.has(before) && bits.has(here)).then_some(rest as u32))
    }
}

/// Parses a set from `p`, behind its `[`; returns it and where the pattern goes on.
#[inline(never)]
fn parse_set(pat: &[u8], p: usize) -> Result<(Bits, usize), PatternError> {
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

#[cfg(test)]
mod tests;

//! Lua patterns, matched against bytes.
//!
//! A pattern becomes a list of operations ([`program`]), which is kept for the next call with the same pattern. A repetition tries the rest
//! of the pattern only where the byte that follows it may occur, and gives nothing back where that is in vain. A search goes from one place where a
//! match may begin to the next; where a pattern begins with a repetition that gives nothing back, it fails for all of its bytes at once.
//!
//! A pattern ends at its first NUL byte. Reading behind the subject gives a NUL, which is what `%f` sees at its end.
//!
//! Invariant: positions are indices; every access is checked, so a subject that changed between two calls is only a failed match.
//! Invariant: nesting is at most `MAX_DEPTH`, so the native stack is bounded.

mod class;
mod program;

use class::Bits;
use program::{First, Item, Op, Program};
use std::cell::Cell;
use std::fmt;

/// Captures a pattern may have.
pub const MAX_CAPTURES: usize = 32;
/// Nested matches (captures and repetitions) at most.
const MAX_DEPTH: u32 = 200;
/// Nesting from which on nothing is passed over that might be nested too deeply.
const DEEP: u32 = MAX_DEPTH - 2 * MAX_CAPTURES as u32 - 3;
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

/// Longest pattern that is kept for the next call with it.
const KEPT_TEXT: usize = 256;
/// Number of states that wait for their patterns.
const STATES: usize = 64;

/// The state of matching one pattern: captures and program. One state serves one pattern only.
pub struct State {
    captures: [Capture; MAX_CAPTURES],
    /// The pattern that all of the following is of, if it is short.
    text: Vec<u8>,
    kept: bool,
    /// `^` at its beginning is an anchor, where it is there.
    anchors: bool,
    anchored: bool,
    /// It has bytes with a meaning of their own.
    special: bool,
    /// Where it ends: before its first NUL byte.
    end: usize,
    /// The pattern as a program, once it was needed.
    program: Program,
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
    let way = (place ^ place >> 6) % STATES;
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
            captures: [Capture { start: 0, len: 0 }; MAX_CAPTURES],
            text: Vec::new(),
            kept: false,
            anchors: true,
            anchored: false,
            special: false,
            end: 0,
            program: Program::default(),
        }
    }

    /// Makes the state one for a pattern: what is known of the pattern stays if it was the same before.
    #[inline]
    pub fn prepare(&mut self, pat: &[u8], anchors: bool) {
        if !self.kept || self.text != pat || self.anchors != anchors {
            self.change(pat, anchors);
        }
    }

    #[inline(never)]
    fn change(&mut self, pat: &[u8], anchors: bool) {
        self.end = effective(pat).len();
        self.anchors = anchors;
        self.anchored = anchors && pat[..self.end].first() == Some(&b'^');
        self.special = has_specials(pat);
        self.program.first = None;
        self.text.clear();
        self.kept = pat.len() <= KEPT_TEXT;
        if self.kept {
            self.text.extend_from_slice(pat);
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

    /// Makes the program, if that was not done.
    #[inline]
    fn first(&mut self, pat: &[u8]) -> First {
        match self.program.first {
            Some(first) => first,
            None => {
                self.program.compile(pat);
                self.program.first.unwrap_or(First::Any)
            }
        }
    }

    /// Returns the number of captures.
    pub fn level(&self) -> u32 {
        self.program.level
    }

    /// Returns capture `i` (from 0) of a match from `s` to `e`; the whole match if there are none and `i` is 0.
    pub fn capture(&self, i: u32, s: usize, e: usize) -> Result<Captured, PatternError> {
        if i >= self.level() {
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
    st.first(pat);
    Ok(Matcher::new(st, src).run(s, 0, 0)?.map(|e| e as usize))
}

/// Searches `pat` (effective, without anchor) from `from` on; returns where the first match begins and ends.
pub fn search(st: &mut State, src: &[u8], pat: &[u8], from: usize) -> Result<Option<(usize, usize)>, PatternError> {
    let first = st.first(pat);
    let mut m = Matcher::new(st, src);
    let mut s = from;
    match first {
        First::Any => {
            while s <= src.len() {
                if let Some(e) = m.run(s, 0, 0)? {
                    return Ok(Some((s, e as usize)));
                }
                s += 1;
            }
        }
        First::Begins(item) => {
            while let Some(at) = m.next(s, item) {
                if let Some(e) = m.run(at, 0, 0)? {
                    return Ok(Some((at, e as usize)));
                }
                s = at + 1;
            }
        }
        First::Only(item) => return Ok(m.next(s, item).map(|s| (s, s + 1))),
        First::Run { item, open, then } => {
            while let Some(at) = m.next(s, item) {
                let e = m.span(at + 1, item);
                m.captures[0] = Capture { start: at as u32, len: UNFINISHED };
                if let Some(e) = m.run(e, then.into(), 1 + u32::from(open))? {
                    return Ok(Some((at, e as usize)));
                }
                // From any other of these items it would fail in the same way.
                s = e;
            }
        }
    }
    Ok(None)
}

/// Where a match ends. 32 bits let it be returned in a register.
type Found = Result<Option<u32>, PatternError>;

struct Matcher<'a> {
    ops: &'a [Op],
    sets: &'a [Bits],
    captures: &'a mut [Capture; MAX_CAPTURES],
    src: &'a [u8],
}

/// Bytes of a run that are looked at one by one before a search for its end begins.
const NEAR: usize = 16;

impl<'a> Matcher<'a> {
    fn new(st: &'a mut State, src: &'a [u8]) -> Matcher<'a> {
        Matcher { ops: &st.program.ops, sets: &st.program.sets, captures: &mut st.captures, src }
    }

    #[inline(always)]
    fn has(&self, set: u16, c: u8) -> bool {
        self.sets.get(usize::from(set)).is_some_and(|bits| bits.has(c))
    }

    #[inline(always)]
    fn matches(&self, item: Item, c: u8) -> bool {
        match item {
            Item::Any => true,
            Item::Byte(b) => b == c,
            Item::Not(b) => b != c,
            Item::Set(set) => self.has(set, c),
        }
    }

    /// Says whether there is such a byte at `s`.
    #[inline(always)]
    fn is(&self, item: Item, s: usize) -> bool {
        self.src.get(s).is_some_and(|c| self.matches(item, *c))
    }

    /// Returns the first place from `s` on with such a byte.
    #[inline]
    fn next(&self, s: usize, item: Item) -> Option<usize> {
        let tail = self.src.get(s..)?;
        let skip = match item {
            Item::Any => (!tail.is_empty()).then_some(0),
            Item::Byte(c) if tail.first() == Some(&c) => Some(0),
            Item::Byte(c) => memchr::memchr(c, tail),
            Item::Not(b) => tail.iter().position(|c| *c != b),
            Item::Set(set) => {
                let bits = self.sets.get(usize::from(set))?;
                tail.iter().position(|c| bits.has(*c))
            }
        };
        skip.map(|skip| s + skip)
    }

    /// Returns the end of as many items as possible from `s` on.
    #[inline]
    fn span(&self, s: usize, item: Item) -> usize {
        let tail = self.src.get(s..).unwrap_or_default();
        let count = match item {
            Item::Any => tail.len(),
            Item::Byte(b) => tail.iter().take_while(|c| **c == b).count(),
            Item::Not(b) => match tail.iter().take(NEAR).position(|c| *c == b) {
                Some(count) => count,
                None => match tail.get(NEAR..).and_then(|far| memchr::memchr(b, far)) {
                    Some(count) => NEAR + count,
                    None => tail.len(),
                },
            },
            Item::Set(set) => match self.sets.get(usize::from(set)) {
                Some(bits) => tail.iter().take_while(|c| bits.has(**c)).count(),
                None => 0,
            },
        };
        s + count
    }

    /// Does the operations from `i` on at `s`, nested as deeply as `depth` says.
    fn run(&mut self, mut s: usize, mut i: usize, mut depth: u32) -> Found {
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(PatternError::Complex);
        }
        loop {
            match self.ops[i] {
                Op::One(item) => {
                    if !self.is(item, s) {
                        return Ok(None);
                    }
                    s += 1;
                }
                Op::Opt(item) => {
                    if self.is(item, s)
                        && let Some(e) = self.run(s + 1, i + 1, depth)?
                    {
                        return Ok(Some(e));
                    }
                }
                Op::Many { item, least, settled, follow } => {
                    let e = self.span(s, item);
                    let least = usize::from(least);
                    if e < s + least {
                        return Ok(None);
                    }
                    if e > s + least && !settled {
                        return self.longest(s + least, e, i + 1, follow, depth);
                    }
                    depth += 1;
                    s = e;
                }
                Op::Few { item, follow } => return self.shortest(s, item, i + 1, follow, depth),
                Op::Open(l) => {
                    self.captures[usize::from(l) % MAX_CAPTURES] = Capture { start: s as u32, len: UNFINISHED };
                    depth += 1;
                }
                Op::Position(l) => {
                    self.captures[usize::from(l) % MAX_CAPTURES] = Capture { start: s as u32, len: POSITION };
                    depth += 1;
                }
                Op::Close(l) => {
                    let capture = &mut self.captures[usize::from(l) % MAX_CAPTURES];
                    capture.len = (s - capture.start as usize) as i32;
                    depth += 1;
                }
                Op::Balance(open, close) => match self.balance(s, open, close) {
                    Some(e) => s = e,
                    None => return Ok(None),
                },
                Op::Frontier(set) => {
                    let before = s.checked_sub(1).and_then(|i| self.src.get(i)).copied().unwrap_or(0);
                    let here = self.src.get(s).copied().unwrap_or(0);
                    if self.has(set, before) || !self.has(set, here) {
                        return Ok(None);
                    }
                }
                Op::Back(l) => match self.back_reference(s, l) {
                    Some(e) => s = e,
                    None => return Ok(None),
                },
                Op::End => return Ok((s == self.src.len()).then_some(s as u32)),
                Op::Done => return Ok(Some(s as u32)),
                Op::Error(error) => return Err(error),
            }
            if depth > MAX_DEPTH {
                return Err(PatternError::Complex);
            }
            i += 1;
        }
    }

    /// Does the operations from `i` on behind the items from `s` to `e`, giving back one by one.
    #[inline(never)]
    fn longest(&mut self, s: usize, mut e: usize, i: usize, follow: Option<Item>, depth: u32) -> Found {
        let follow = if depth > DEEP { None } else { follow };
        loop {
            if follow.is_none_or(|item| self.is(item, e))
                && let Some(found) = self.run(e, i, depth)?
            {
                return Ok(Some(found));
            }
            if e == s {
                return Ok(None);
            }
            e -= 1;
        }
    }

    /// Matches as few items as possible from `s`, then does the operations from `i` on.
    #[inline(never)]
    fn shortest(&mut self, mut s: usize, item: Item, i: usize, follow: Option<Item>, depth: u32) -> Found {
        let follow = if depth > DEEP { None } else { follow };
        loop {
            if follow.is_none_or(|item| self.is(item, s))
                && let Some(found) = self.run(s, i, depth)?
            {
                return Ok(Some(found));
            }
            if !self.is(item, s) {
                return Ok(None);
            }
            s += 1;
        }
    }

    /// `%1` … `%9`: the text of a capture again. A position capture never matches.
    #[inline(never)]
    fn back_reference(&self, s: usize, l: u8) -> Option<usize> {
        let c = self.captures.get(usize::from(l))?;
        let (start, len) = (c.start as usize, usize::try_from(c.len).ok()?);
        let text = self.src.get(s..s + len)?;
        (self.src.get(start..start + len) == Some(text)).then_some(s + len)
    }

    /// `%bxy`: from an `x` to behind the `y` that balances it.
    #[inline(never)]
    fn balance(&self, s: usize, open: u8, close: u8) -> Option<usize> {
        // Behind the subject is a NUL byte, which no pattern holds.
        if self.src.get(s) != Some(&open) {
            return None;
        }
        let mut depth = 1u32;
        for (i, c) in self.src.iter().enumerate().skip(s + 1) {
            if *c == close {
                depth -= 1;
                if depth == 0 {
                    return Some(i + 1);
                }
            } else if *c == open {
                depth += 1;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;

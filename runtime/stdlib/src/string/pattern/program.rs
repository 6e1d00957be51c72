//! A pattern as a list of operations.
//!
//! What a pattern does at a place is known from its text: which capture a parenthesis opens or closes, whether a reference is to a finished one, what
//! is malformed. So all that is decided once. Every match goes through all operations in order, which makes captures of failed attempts harmless.
//!
//! Invariant: what is malformed is an operation that fails when it is reached; nothing follows it.

use super::class::{Bits, class, parse_set};
use super::{MAX_CAPTURES, PatternError};

/// What matches one byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Item {
    Any,
    Byte(u8),
    /// All but this one.
    Not(u8),
    /// One of the program's sets.
    Set(u16),
}

/// An operation. `follow` is what the byte behind a repetition must be, if that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    /// One byte.
    One(Item),
    /// `?`
    Opt(Item),
    /// `*` (at least 0) and `+` (1). `settled`: giving back items is in vain.
    Many { item: Item, least: u8, settled: bool, follow: Option<Item> },
    /// `-`
    Few { item: Item, follow: Option<Item> },
    /// `(`
    Open(u8),
    /// `()`
    Position(u8),
    /// `)` of a capture.
    Close(u8),
    /// `%bxy`
    Balance(u8, u8),
    /// `%f[set]`
    Frontier(u16),
    /// `%1` … `%9`
    Back(u8),
    /// `$`
    End,
    /// The pattern has matched.
    Done,
    /// The pattern is malformed here.
    Error(PatternError),
}

/// What is known of the beginning of a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum First {
    /// Nothing.
    Any,
    /// The item that its first byte matches.
    Begins(Item),
    /// The item that it matches, and that there is nothing behind it.
    Only(Item),
    /// It begins with as many of these as there are, the first of a capture if `open`; then comes operation `then`. What follows fails or not by
    /// where they end.
    Run { item: Item, open: bool, then: u16 },
}

/// A pattern.
#[derive(Default)]
pub(super) struct Program {
    pub ops: Vec<Op>,
    pub sets: Vec<Bits>,
    /// Number of captures.
    pub level: u32,
    pub first: Option<First>,
}

impl Program {
    /// Makes the program of `pat` (effective, without anchor).
    pub fn compile(&mut self, pat: &[u8]) {
        self.ops.clear();
        self.sets.clear();
        self.level = 0;
        let mut open = Vec::new();
        let end = self.read(pat, &mut open).map_or_else(Op::Error, |()| Op::Done);
        self.ops.push(end);
        for i in (0..self.ops.len()).rev() {
            let next = self.following(i + 1);
            match self.ops[i] {
                Op::Many { item, least, .. } => {
                    let settled = self.is_settled(item, i + 1);
                    self.ops[i] = Op::Many { item, least, settled, follow: next };
                }
                Op::Few { item, .. } => self.ops[i] = Op::Few { item, follow: next },
                _ => {}
            }
        }
        self.first = Some(self.beginning());
    }

    /// Reads the pattern up to its end or to what is malformed.
    fn read(&mut self, pat: &[u8], open: &mut Vec<u8>) -> Result<(), PatternError> {
        let mut p = 0;
        while let Some(&c) = pat.get(p) {
            let (op, next) = match c {
                b'(' => {
                    if self.level as usize == MAX_CAPTURES {
                        return Err(PatternError::TooMany);
                    }
                    let l = self.level as u8;
                    self.level += 1;
                    if pat.get(p + 1) == Some(&b')') {
                        (Op::Position(l), p + 2)
                    } else {
                        open.push(l);
                        (Op::Open(l), p + 1)
                    }
                }
                b')' => (Op::Close(open.pop().ok_or(PatternError::Close)?), p + 1),
                b'%' => match pat.get(p + 1) {
                    Some(b'b') => match pat.get(p + 2..p + 4) {
                        Some(&[x, y]) => (Op::Balance(x, y), p + 4),
                        _ => return Err(PatternError::Balance),
                    },
                    Some(b'f') => {
                        if pat.get(p + 2) != Some(&b'[') {
                            return Err(PatternError::Frontier);
                        }
                        let (bits, next) = parse_set(pat, p + 3)?;
                        (Op::Frontier(self.add(bits)), next)
                    }
                    Some(&digit @ b'0'..=b'9') => {
                        let l = digit.wrapping_sub(b'1');
                        if u32::from(l) >= self.level || open.contains(&l) {
                            return Err(PatternError::Index);
                        }
                        (Op::Back(l), p + 2)
                    }
                    _ => self.repeated(pat, c, p)?,
                },
                b'$' if p + 1 == pat.len() => (Op::End, p + 1),
                _ => self.repeated(pat, c, p)?,
            };
            self.ops.push(op);
            p = next;
        }
        Ok(())
    }

    /// Reads the item at `p`, whose first byte is `c`, and what says how often it comes.
    fn repeated(&mut self, pat: &[u8], c: u8, p: usize) -> Result<(Op, usize), PatternError> {
        let (item, next) = match c {
            b'.' => (Item::Any, p + 1),
            b'%' => {
                let l = *pat.get(p + 1).ok_or(PatternError::Escape)?;
                (class(l).map_or(Item::Byte(l), |bits| self.item(*bits)), p + 2)
            }
            b'[' => {
                let (bits, next) = parse_set(pat, p + 1)?;
                (self.item(bits), next)
            }
            _ => (Item::Byte(c), p + 1),
        };
        let op = match pat.get(next) {
            Some(b'?') => Op::Opt(item),
            Some(b'*') => Op::Many { item, least: 0, settled: false, follow: None },
            Some(b'+') => Op::Many { item, least: 1, settled: false, follow: None },
            Some(b'-') => Op::Few { item, follow: None },
            _ => return Ok((Op::One(item), next)),
        };
        Ok((op, next + 1))
    }

    /// Returns the number of a set.
    fn add(&mut self, bits: Bits) -> u16 {
        let at = self.sets.iter().position(|known| *known == bits).unwrap_or_else(|| {
            self.sets.push(bits);
            self.sets.len() - 1
        });
        at as u16
    }

    /// Returns the item of a set.
    fn item(&mut self, bits: Bits) -> Item {
        let one = |bits: Bits| bits.lowest().unwrap_or(0);
        match bits.count() {
            256 => Item::Any,
            255 => Item::Not(one(bits.not())),
            1 => Item::Byte(one(bits)),
            _ => Item::Set(self.add(bits)),
        }
    }

    fn bits(&self, item: Item) -> Bits {
        match item {
            Item::Any => Bits::EMPTY.not(),
            Item::Byte(c) => Bits::EMPTY.with(c),
            Item::Not(c) => Bits::EMPTY.with(c).not(),
            Item::Set(i) => self.sets.get(usize::from(i)).copied().unwrap_or(Bits::EMPTY),
        }
    }

    fn are_disjoint(&self, a: Item, b: Item) -> bool {
        self.bits(a).is_disjoint(&self.bits(b))
    }

    /// Returns the item that the byte must match at which the operations from `i` on match, if they begin with a simple one.
    fn following(&self, mut i: usize) -> Option<Item> {
        while let Some(Op::Open(_) | Op::Close(_) | Op::Position(_)) = self.ops.get(i) {
            i += 1;
        }
        match *self.ops.get(i)? {
            Op::One(Item::Any) => None,
            Op::One(item) | Op::Many { item, least: 1, .. } => Some(item),
            _ => None,
        }
    }

    /// Says whether giving back items before the operations from `i` on is in vain: what follows them matches always, or only at the
    /// end of the subject, or begins with a byte that is none of them.
    fn is_settled(&self, item: Item, mut i: usize) -> bool {
        loop {
            match self.ops.get(i) {
                Some(Op::Open(_) | Op::Close(_) | Op::Position(_)) => {}
                Some(Op::Done | Op::End) => return true,
                Some(Op::One(next) | Op::Many { item: next, least: 1, .. }) => return self.are_disjoint(item, *next),
                Some(Op::Opt(next) | Op::Many { item: next, .. } | Op::Few { item: next, .. })
                    if self.are_disjoint(item, *next) => {}
                Some(Op::Balance(open, _)) => return self.are_disjoint(item, Item::Byte(*open)),
                _ => return false,
            }
            i += 1;
        }
    }

    /// Returns what is known of the beginning of a match.
    fn beginning(&self) -> First {
        if let [Op::One(item), Op::Done] = *self.ops {
            return First::Only(item);
        }
        let open = matches!(self.ops.first(), Some(Op::Open(_)));
        let at = usize::from(open);
        match self.ops.get(at) {
            // A reference to the capture that begins here would see where that is.
            Some(&Op::Many { item, least: 1, settled: true, .. })
                if !self.ops.iter().any(|op| matches!(op, Op::Back(_))) =>
            {
                First::Run { item, open, then: at as u16 + 1 }
            }
            _ => self.following(0).map_or(First::Any, First::Begins),
        }
    }
}

//! `string`: bytes and substrings in place, the rest by helpers.
//!
//! Indices count from 1, negative ones from the end. The side that an index is on is a guard; what is behind either end is cut off by MIN and
//! MAX as the library does it, so that no exit depends on the exact positions.
//!
//! Absent: `match`, `gmatch`, `gsub`, `dump`, patterns with special characters, numbers in the place of strings: they are called.

use super::{Args, Rec, Results};
use crate::record::{Res, Tr};
use abi::support::Helper;
use ir::{Field, Op as I, Ref, Ty};

/// Most results of `byte`.
const MAX_BYTES: i64 = 8;
/// Most arguments of `char`.
const MAX_CHARS: usize = 16;

impl Rec<'_> {
    fn str_len(&mut self, s: Tr) -> Res<Tr> {
        self.field(s, Field::StrLen)
    }

    /// An index counted from the front, whatever side it was given from; and its live value.
    fn offset_from_front(&mut self, i: Tr, live: i32, len: Tr, live_len: i64) -> Res<(Tr, i64)> {
        if live >= 0 {
            self.int_is(I::GE, i, 0)?;
            return Ok((i, i64::from(live)));
        }
        self.int_is(I::LT, i, 0)?;
        let i = self.int_add_k(i, 1)?;
        let i = if self.int_const(i) == Some(0) { len } else { self.int_add(len, i)? };
        Ok((i, i64::from(live) + 1 + live_len))
    }

    /// First position of a range: at least 1.
    fn range_start(&mut self, i: Tr, live: i32, len: Tr, live_len: i64) -> Res<(Tr, i64)> {
        if live >= 1 {
            self.int_is(I::GE, i, 1)?;
            return Ok((i, i64::from(live)));
        }
        let (i, live) = self.offset_from_front(i, live, len, live_len)?;
        let one = self.kint(1);
        Ok((self.emit(I::MAX, Ty::Int, i.r, one.r)?, live.max(1)))
    }

    /// Last position of a range: at most the length.
    fn range_end(&mut self, j: Tr, live: i32, len: Tr, live_len: i64) -> Res<(Tr, i64)> {
        if live == -1 && self.int_const(j).is_some() {
            return Ok((len, live_len));
        }
        let (j, at) = self.offset_from_front(j, live, len, live_len)?;
        if live < 0 {
            return Ok((j, at));
        }
        Ok((self.emit(I::MIN, Ty::Int, j.r, len.r)?, at.min(live_len)))
    }

    /// Byte at position `i` (int, from 0), which is inside.
    fn byte_at(&mut self, s: Tr, i: Tr) -> Res<Tr> {
        let at = self.emit(I::STRREF, Ty::Ptr, s.r, i.r)?;
        self.emit(I::XLOAD, Ty::Int, at.r, Ref::NONE)
    }

    fn str_helper(&mut self, args: &Args, h: Helper) -> Results {
        let Some((s, _)) = self.str_arg(args, 0) else { return Ok(None) };
        Ok(Some(vec![self.call_helper(h, &[s])?]))
    }
}

/// `string.len(s)`
pub(super) fn len(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((s, _)) = r.str_arg(args, 0) else { return Ok(None) };
    Ok(Some(vec![r.str_len(s)?]))
}

/// `string.byte(s [, i [, j]])`
pub(super) fn byte(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((s, bytes)) = r.str_arg(args, 0) else { return Ok(None) };
    let (i, live) = match args.given(1) {
        None => (r.kint(1), 1),
        Some(_) => match r.int_arg(args, 1)? {
            Some(x) => x,
            None => return Ok(None),
        },
    };
    let live_len = bytes.len() as i64;
    let len = r.str_len(s)?;
    if args.given(2).is_none() {
        // One byte or none.
        let (i, live) = r.offset_from_front(i, live, len, live_len)?;
        let at = r.int_add_k(i, -1)?;
        let inside = live >= 1 && live <= live_len;
        r.compare(if inside { I::ULT } else { I::UGE }, Ty::Int, at.r, len.r)?;
        return Ok(Some(if inside { vec![r.byte_at(s, at)?] } else { Vec::new() }));
    }
    let Some((j, live_j)) = r.int_arg(args, 2)? else { return Ok(None) };
    let (first, f) = r.range_start(i, live, len, live_len)?;
    let (last, l) = r.range_end(j, live_j, len, live_len)?;
    let count = l - f + 1;
    if count <= 0 {
        r.compare(I::GT, Ty::Int, first.r, last.r)?;
        return Ok(Some(Vec::new()));
    }
    if count > MAX_BYTES {
        return Ok(None);
    }
    let span = r.emit(I::SUB, Ty::Int, last.r, first.r)?;
    r.int_is(I::EQ, span, count as i32 - 1)?;
    let mut out = Vec::new();
    for k in 0..count as i32 {
        let at = r.int_add_k(first, k - 1)?;
        out.push(r.byte_at(s, at)?);
    }
    Ok(Some(out))
}

/// `string.sub(s, i [, j])`
pub(super) fn sub(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((s, bytes)) = r.str_arg(args, 0) else { return Ok(None) };
    let Some((i, live)) = r.int_arg(args, 1)? else { return Ok(None) };
    let (j, live_j) = match args.given(2) {
        None => (r.kint(-1), -1),
        Some(_) => match r.int_arg(args, 2)? {
            Some(x) => x,
            None => return Ok(None),
        },
    };
    let live_len = bytes.len() as i64;
    let len = r.str_len(s)?;
    let (first, f) = r.range_start(i, live, len, live_len)?;
    let (last, l) = r.range_end(j, live_j, len, live_len)?;
    if f > l {
        r.compare(I::GT, Ty::Int, first.r, last.r)?;
        return Ok(Some(vec![r.text(b"")]));
    }
    r.compare(I::LE, Ty::Int, first.r, last.r)?;
    let at = r.int_add_k(first, -1)?;
    let n = r.emit(I::SUB, Ty::Int, last.r, at.r)?;
    let p = r.emit(I::STRREF, Ty::Ptr, s.r, at.r)?;
    Ok(Some(vec![r.guard(I::SNEW, Ty::Str, p.r, n.r)?]))
}

/// `string.char(...)`
pub(super) fn char(r: &mut Rec<'_>, args: &Args) -> Results {
    if args.count() > MAX_CHARS {
        return Ok(None);
    }
    let mut chars = Vec::new();
    for i in 0..args.count() {
        let Some((c, live)) = r.int_arg(args, i)? else { return Ok(None) };
        if !(0..256).contains(&live) {
            return Ok(None);
        }
        chars.push((c, live));
    }
    let mut out = Vec::new();
    for (c, live) in chars {
        if r.int_const(c).is_some() {
            out.push(r.text(&[live as u8]));
            continue;
        }
        r.int_is(I::ULT, c, 256)?;
        out.push(r.call_helper(Helper::str_char, &[c])?);
    }
    Ok(Some(vec![r.joined(&out)?]))
}

impl Rec<'_> {
    /// Strings and numbers behind each other.
    pub(super) fn joined(&mut self, parts: &[Tr]) -> Res<Tr> {
        match parts {
            [] => Ok(self.text(b"")),
            [s] if s.ty == Ty::Str => Ok(*s),
            _ => {
                let list = self.arg_list(parts)?;
                self.guard(I::CAT, Ty::Str, list, Ref::NONE)
            }
        }
    }
}

/// `string.rep(s, n)`
pub(super) fn rep(r: &mut Rec<'_>, args: &Args) -> Results {
    let Some((s, _)) = r.str_arg(args, 0) else { return Ok(None) };
    let Some((n, _)) = r.int_arg(args, 1)? else { return Ok(None) };
    if args.given(2).is_some() {
        return Ok(None);
    }
    Ok(Some(vec![r.call_helper(Helper::str_rep, &[s, n])?]))
}

/// `string.lower(s)`
pub(super) fn lower(r: &mut Rec<'_>, args: &Args) -> Results {
    r.str_helper(args, Helper::str_lower)
}

/// `string.upper(s)`
pub(super) fn upper(r: &mut Rec<'_>, args: &Args) -> Results {
    r.str_helper(args, Helper::str_upper)
}

/// `string.reverse(s)`
pub(super) fn reverse(r: &mut Rec<'_>, args: &Args) -> Results {
    r.str_helper(args, Helper::str_reverse)
}

/// Says whether a pattern has characters with a meaning.
fn has_specials(pattern: &[u8]) -> bool {
    pattern.iter().any(|c| b"^$*+?.([%-".contains(c))
}

/// `string.find(s, pattern [, init [, plain]])` of plain strings.
pub(super) fn find(r: &mut Rec<'_>, args: &Args) -> Results {
    let (Some((s, src)), Some((p, pattern))) = (r.str_arg(args, 0), r.str_arg(args, 1)) else { return Ok(None) };
    let plain = args.at(3).is_some_and(|(tr, _)| !matches!(tr.ty, Ty::Nil | Ty::False));
    if !plain {
        if has_specials(&pattern) {
            return Ok(None);
        }
        r.is_text(p, &pattern)?;
    }
    let (at, live) = match args.given(2) {
        None => (r.kint(0), 0),
        Some(_) => {
            let Some((init, live)) = r.int_arg(args, 2)? else { return Ok(None) };
            let len = r.str_len(s)?;
            let live_len = src.len() as i64;
            let (at, live) = if live < 0 {
                r.int_is(I::LT, init, 0)?;
                (r.int_add(len, init)?, live_len + i64::from(live))
            } else {
                r.int_is(I::GE, init, 0)?;
                (r.int_add_k(init, -1)?, i64::from(live) - 1)
            };
            let zero = r.kint(0);
            let at = r.emit(I::MAX, Ty::Int, at.r, zero.r)?;
            (r.emit(I::MIN, Ty::Int, at.r, len.r)?, live.clamp(0, live_len))
        }
    };
    let rest = src.get(live as usize..).unwrap_or_default();
    let found = pattern.is_empty() || rest.windows(pattern.len()).any(|w| w == &*pattern);
    let pos = r.call_helper(Helper::str_find, &[s, p, at])?;
    if !found {
        r.int_is(I::LT, pos, 0)?;
        return Ok(Some(vec![r.pri(Ty::Nil)]));
    }
    r.int_is(I::GE, pos, 0)?;
    let first = r.int_add_k(pos, 1)?;
    let n = r.str_len(p)?;
    let last = r.int_add(pos, n)?;
    Ok(Some(vec![first, last]))
}

//! `find`, `match`, `gmatch`, `gsub`.
//!
//! The subject is read from its slot again after every callback; positions found before stay mere numbers.

use super::pattern::{self, Captured, PatternError, State};
use super::reserve;
use crate::scratch::{self, put};
use heap::handle::Kind;
use heap::{Raise, Tab, Val};
use interp::text::find_plain;
use interp::{Cx, Ret};

/// Stack slots for all captures and what comes with them.
const CAPTURE_SLOTS: u32 = pattern::MAX_CAPTURES as u32 + 8;

fn raise(cx: &Cx<'_>, error: PatternError) -> Raise {
    cx.error(error.message())
}

/// Pushes capture `i` of a match from `s` to `e`.
fn push_capture(cx: &Cx<'_>, st: &State, src: &[u8], i: u32, s: usize, e: usize) -> Result<(), Raise> {
    match st.capture(i, s, e).map_err(|error| raise(cx, error))? {
        Captured::Position(p) => cx.push(Val::num(p as f64)),
        Captured::Range(from, to) => cx.push_str(src.get(from..to).unwrap_or_default())?,
    }
    Ok(())
}

/// Pushes all captures, or the whole match if there are none; returns how many.
fn push_captures(cx: &Cx<'_>, st: &State, src: &[u8], s: usize, e: usize) -> Result<u32, Raise> {
    let count = st.level().max(1);
    for i in 0..count {
        push_capture(cx, st, src, i, s, e)?;
    }
    Ok(count)
}

/// `string.find(s, pattern [, init [, plain]])`
pub fn find(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    search(cx, true)
}

/// `string.match(s, pattern [, init])`
pub fn match_(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    search(cx, false)
}

fn search(cx: &mut Cx<'_>, is_find: bool) -> Result<Ret, Raise> {
    cx.reserve(CAPTURE_SLOTS)?;
    let cx = &*cx;
    let src = cx.check_str(0)?.bytes();
    let pat = cx.check_str(1)?.bytes();
    let mut init = i64::from(cx.opt_int(2, 1)?);
    init = if init < 0 { init + src.len() as i64 } else { init - 1 };
    let init = (init.max(0) as usize).min(src.len());
    let mut fresh = pattern::fresh(pat, true);
    let st = fresh.state();
    if is_find && (!st.is_special() || cx.arg(3).is_true()) {
        let Some(at) = find_plain(&src[init..], pat) else { return cx.ret(Val::NIL) };
        cx.push(Val::num((init + at + 1) as f64));
        cx.push(Val::num((init + at + pat.len()) as f64));
        return cx.ret_last(2);
    }
    let (anchored, pat) = st.parts(pat);
    let found = if anchored {
        pattern::match_at(st, src, pat, init).map(|e| e.map(|e| (init, e)))
    } else {
        pattern::search(st, src, pat, init)
    };
    let Some((s, e)) = found.map_err(|error| raise(cx, error))? else { return cx.ret(Val::NIL) };
    if !is_find {
        let count = push_captures(cx, st, src, s, e)?;
        return cx.ret_last(count);
    }
    cx.push(Val::num((s + 1) as f64));
    cx.push(Val::num(e as f64));
    let count = if st.level() == 0 { 0 } else { push_captures(cx, st, src, s, e)? };
    cx.ret_last(count + 2)
}

/// `string.gmatch(s, pattern)`; the upvalue is the iterator that is copied.
pub fn gmatch(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let src = cx.check_str(0)?;
    let pat = cx.check_str(1)?;
    let model = cx.upvalue(0).as_func().ok_or_else(|| cx.error("invalid iterator"))?;
    let iterator = interp::load::same_builtin(cx.vm(), model, 3)?.ok_or_else(|| cx.error("invalid iterator"))?;
    iterator.set_upvalue(cx.vm(), 0, src.val());
    iterator.set_upvalue(cx.vm(), 1, pat.val());
    iterator.set_upvalue(cx.vm(), 2, Val::num(0.0));
    cx.ret(iterator.val())
}

/// The iterator of `string.gmatch`: upvalues are subject, pattern and position.
pub fn gmatch_aux(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    cx.reserve(CAPTURE_SLOTS)?;
    let cx = &*cx;
    let me = cx.callee();
    let upvalue = |i| me.upvalue(i).unwrap_or(Val::NIL);
    // `debug.setupvalue` may have stored anything.
    let (Some(src), Some(pat), Some(at)) = (upvalue(0).as_str(), upvalue(1).as_str(), upvalue(2).as_num()) else {
        return cx.ret0();
    };
    let src = src.bytes();
    // An anchor has no meaning here: `^` is a byte like any other.
    let mut fresh = pattern::fresh(pat.bytes(), false);
    let st = fresh.state();
    let (_, pat) = st.parts(pat.bytes());
    let found = pattern::search(st, src, pat, at as usize);
    let Some((s, e)) = found.map_err(|error| raise(cx, error))? else { return cx.ret0() };
    let next = if e == s { e + 1 } else { e };
    me.set_upvalue(cx.vm(), 2, Val::num(next as f64));
    let count = push_captures(cx, st, src, s, e)?;
    cx.ret_last(count)
}

/// `string.gsub(s, pattern, repl [, n])`
pub fn gsub(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let len = cx.check_str(0)?.len();
    let pat = cx.check_str(1)?.bytes();
    let (mut fresh, mut known) = (pattern::fresh(pat, true), pat.as_ptr());
    let st = fresh.state();
    let max = cx.opt_int(3, (len + 1).min(i32::MAX as usize) as i32)?;
    // A table without a metatable is quiet, too.
    let quiet = match cx.arg(2).kind() {
        Kind::Num(_) | Kind::Str(_) => true,
        Kind::Tab(t) => t.metatable().is_none(),
        Kind::Func(_) => false,
        _ => return Err(cx.arg_error(2, "string/function/table expected")),
    };
    let mut out = scratch::take();
    let (mut at, mut copied, mut count) = (0, 0, 0);
    if quiet {
        (copied, count) = replace_quietly(cx, st, &mut out, max)?;
    }
    while !quiet && count < max {
        let src = cx.check_str(0)?.bytes();
        let pat = cx.check_str(1)?.bytes();
        if pat.as_ptr() != known {
            // A callback changed the argument.
            known = pat.as_ptr();
            st.prepare(pat, true);
        }
        let (anchored, pat) = st.parts(pat);
        let found = next_match(st, src, (anchored, pat), at);
        let Some((s, e)) = found.map_err(|error| raise(cx, error))? else { break };
        count += 1;
        out.extend_from_slice(src.get(copied..s).unwrap_or_default());
        let room = out.len() + (e - s) + 64;
        if room > out.capacity() {
            reserve(cx.vm(), &mut out, room.max(len))?;
        }
        add_replacement(cx, st, &mut out, s, e)?;
        copied = e;
        // An empty match leaves the next byte as it is and goes on behind it.
        at = if e > s { e } else { s + 1 };
        if at > len || anchored {
            break;
        }
    }
    let src = cx.check_str(0)?;
    if count == 0 {
        cx.push(src.val());
    } else {
        out.extend_from_slice(src.bytes().get(copied..).unwrap_or_default());
        if out.len() > super::MAX_LEN {
            return Err(super::bare_error(cx.vm(), "not enough memory"));
        }
        cx.push_str(&out)?;
    }
    cx.push(Val::num(f64::from(count)));
    cx.ret_last(2)
}

/// Finds the next match from `at` on; of an anchored pattern, at `at`.
#[inline(always)]
fn next_match(
    st: &mut State,
    src: &[u8],
    (anchored, pat): (bool, &[u8]),
    at: usize,
) -> Result<Option<(usize, usize)>, PatternError> {
    match anchored {
        true => Ok(pattern::match_at(st, src, pat, at)?.map(|e| (at, e))),
        false => pattern::search(st, src, pat, at),
    }
}

/// What replaces a match without running any Lua code.
enum Quiet<'a> {
    Plain(&'a [u8]),
    Template(&'a [u8]),
    Table(Tab<'a>),
}

/// Replaces up to `max` matches; returns how much of the subject was copied, and how many there were. Nothing changes the arguments meanwhile,
/// so they are read once.
fn replace_quietly(cx: &Cx<'_>, st: &mut State, out: &mut Vec<u8>, max: i32) -> Result<(usize, i32), Raise> {
    let src = cx.check_str(0)?.bytes();
    let (anchored, pat) = st.parts(cx.check_str(1)?.bytes());
    let by = match cx.arg(2).as_tab() {
        Some(table) => Quiet::Table(table),
        None => {
            let text = cx.check_str(2)?.bytes();
            if text.contains(&b'%') { Quiet::Template(text) } else { Quiet::Plain(text) }
        }
    };
    let (mut at, mut copied, mut count) = (0, 0, 0);
    while count < max {
        let found = next_match(st, src, (anchored, pat), at);
        let Some((s, e)) = found.map_err(|error| raise(cx, error))? else { break };
        count += 1;
        let room = out.len() + (s - copied) + (e - s) + 64;
        if room > out.capacity() {
            reserve(cx.vm(), out, room.max(src.len()))?;
        }
        put(out, &src[copied..s]);
        match &by {
            Quiet::Plain(text) => put(out, text),
            Quiet::Template(template) => {
                expand(st, out, src, template, s, e).map_err(|error| raise(cx, error))?;
            }
            Quiet::Table(table) => {
                let value = match st.capture(0, s, e).map_err(|error| raise(cx, error))? {
                    Captured::Range(from, to) => table.get_str(cx.vm().str(src.get(from..to).unwrap_or_default())?),
                    Captured::Position(p) => table.get(Val::num(p as f64)),
                };
                put_value(cx, out, value, &src[s..e])?;
            }
        }
        copied = e;
        // An empty match leaves the next byte as it is and goes on behind it.
        at = if e > s { e } else { s + 1 };
        if at > src.len() || anchored {
            break;
        }
    }
    Ok((copied, count))
}

/// Appends what a table or a function gave for `matched`.
#[inline]
fn put_value(cx: &Cx<'_>, out: &mut Vec<u8>, value: Val<'_>, matched: &[u8]) -> Result<(), Raise> {
    match value.kind() {
        Kind::Str(text) => text.append_to(out),
        Kind::Num(n) => heap::number::append(out, n),
        Kind::Nil | Kind::Bool(false) => put(out, matched),
        _ => return Err(cx.error(&format!("invalid replacement value (a {})", value.type_name()))),
    }
    Ok(())
}

/// Appends what replaces the match from `s` to `e`, by a call or an index that may run Lua code.
fn add_replacement(cx: &mut Cx<'_>, st: &State, out: &mut Vec<u8>, s: usize, e: usize) -> Result<(), Raise> {
    if cx.slot(2).as_tab().is_some() {
        push_capture(cx, st, cx.check_str(0)?.bytes(), 0, s, e)?;
        let key = cx.height() - 1;
        cx.index(2, key)?;
        let value = cx.slot(key + 1);
        cx.set_slot(key, value);
        cx.pop(1);
    } else {
        cx.reserve(CAPTURE_SLOTS)?;
        cx.push(cx.slot(2));
        let src = cx.check_str(0)?.bytes();
        let count = push_captures(cx, st, src, s, e)?;
        cx.call(count, Some(1))?;
    }
    let result = cx.slot(cx.height() - 1);
    put_value(cx, out, result, cx.check_str(0)?.bytes().get(s..e).unwrap_or_default())?;
    cx.pop(1);
    Ok(())
}

/// Appends a template with its `%0` … `%9` filled in.
fn expand(st: &State, out: &mut Vec<u8>, src: &[u8], template: &[u8], s: usize, e: usize) -> Result<(), PatternError> {
    let mut rest = template;
    while let Some(i) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..i]);
        // A `%` at the end gives a NUL byte.
        let c = rest.get(i + 1).copied().unwrap_or(0);
        rest = rest.get(i + 2..).unwrap_or_default();
        let captured = match c {
            b'0' => Captured::Range(s, e),
            b'1'..=b'9' => st.capture(u32::from(c - b'1'), s, e)?,
            _ => {
                out.push(c);
                continue;
            }
        };
        match captured {
            Captured::Range(from, to) => out.extend_from_slice(src.get(from..to).unwrap_or_default()),
            Captured::Position(p) => super::directive::put_decimal(out, p as u64),
        }
    }
    out.extend_from_slice(rest);
    Ok(())
}

//! From strings to bytes and back: everything that neither searches nor formats.

use super::{bare_error, reserve};
use crate::{luaside, scratch};
use heap::{Raise, Val};
use interp::{Cx, Ret};

/// Results `string.byte` may have.
const MAX_RESULTS: i64 = 8000;

/// `string.len(s)`
pub fn len(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let n = luaside::check_str(cx, 0)?.len();
    cx.ret(Val::num(n as f64))
}

/// `string.byte(s [, i [, j]])`
pub fn byte(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let len = cx.check_str(0)?.len() as i64;
    let first = cx.opt_int(1, 1)?;
    let mut last = i64::from(cx.opt_int(2, first)?);
    let mut first = i64::from(first);
    if last < 0 {
        last += len + 1;
    }
    if first < 0 {
        first += len + 1;
    }
    first = first.max(1);
    last = last.min(len);
    if first > last {
        return cx.ret0();
    }
    let count = last - first + 1;
    if count > MAX_RESULTS {
        return Err(cx.error("string slice too long"));
    }
    if count > 8 {
        cx.reserve(count as u32)?;
    }
    let s = cx.check_str(0)?;
    for c in s.bytes().get(first as usize - 1..last as usize).unwrap_or_default() {
        cx.push(Val::num(f64::from(*c)));
    }
    cx.ret_last(count as u32)
}

/// `string.char(...)`
pub fn char(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let byte = |i: u32| match u8::try_from(cx.check_int(i)?) {
        Ok(c) => Ok(c),
        Err(_) => Err(cx.arg_error(i, "invalid value")),
    };
    if cx.nargs() == 1 {
        return cx.ret_str(&[byte(0)?]);
    }
    let mut out = scratch::take();
    for i in 0..cx.nargs() {
        out.push(byte(i)?);
    }
    cx.ret_str(&out)
}

/// `string.sub(s, i [, j])`
pub fn sub(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let s = cx.check_str(0)?;
    let mut first = i64::from(cx.check_int(1)?);
    let mut last = i64::from(cx.opt_int(2, -1)?);
    let len = s.len() as i64;
    if last < 0 {
        last += len + 1;
    }
    if first < 0 {
        first += len + 1;
    }
    let (first, last) = (first.max(1), last.min(len));
    if first == 1 && last == len {
        return cx.ret(s.val());
    }
    cx.ret_str(if first <= last { &s.bytes()[first as usize - 1..last as usize] } else { b"" })
}

/// `string.rep(s, n [, sep])`
pub fn rep(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let s = cx.check_str(0)?.bytes();
    let count = cx.check_int(1)?;
    let sep = cx.opt_str(2)?.map_or(&b""[..], |sep| sep.bytes());
    let Ok(count) = usize::try_from(count) else { return cx.ret_str(b"") };
    if count == 0 || s.len() + sep.len() == 0 {
        return cx.ret_str(b"");
    }
    let Some(total) = (s.len() + sep.len()).checked_mul(count) else {
        return Err(bare_error(cx.vm(), "not enough memory"));
    };
    let total = total - sep.len();
    let mut out = scratch::take();
    reserve(cx.vm(), &mut out, total)?;
    interp::text::repeat(&mut out, s, sep, total);
    cx.ret_str(&out)
}

/// Returns the first argument changed byte by byte, in place.
#[inline]
fn mapped(cx: &Cx<'_>, change: impl Fn(&mut [u8])) -> Result<Ret, Raise> {
    let s = cx.check_str(0)?.bytes();
    let mut short = [0; 64];
    if let Some(copy) = short.get_mut(..s.len()) {
        copy.copy_from_slice(s);
        change(copy);
        return cx.ret_str(copy);
    }
    let mut out = scratch::take();
    reserve(cx.vm(), &mut out, s.len())?;
    out.extend_from_slice(s);
    change(&mut out);
    cx.ret_str(&out)
}

/// `string.reverse(s)`
pub fn reverse(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    mapped(cx, <[u8]>::reverse)
}

/// `string.lower(s)`
pub fn lower(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    mapped(cx, <[u8]>::make_ascii_lowercase)
}

/// `string.upper(s)`
pub fn upper(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    mapped(cx, <[u8]>::make_ascii_uppercase)
}

/// `string.dump(f [, strip])`
pub fn dump(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let f = cx.check_func(0)?;
    let options = luac::bytecode::dump::DumpOptions { strip: cx.arg(1).is_true() };
    match interp::debug::to_chunk(cx.vm(), f) {
        Some(chunk) => cx.ret_str(&luac::bytecode::dump::dump(&chunk, &options)),
        None => Err(cx.error("unable to dump given function")),
    }
}

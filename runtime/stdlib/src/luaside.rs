//! Argument checks of those functions that LuaJIT writes in Lua (`table.remove`, `string.len` …): there a missing argument is a nil,
//! and the message says so.

use heap::{Func, Raise, Str, Tab};
use interp::Cx;

/// Raises "bad argument … (expected expected, got type)", where a missing argument is a nil.
#[cold]
pub fn mismatch(cx: &Cx<'_>, i: u32, expected: &str) -> Raise {
    cx.arg_error(i, &format!("{expected} expected, got {}", cx.arg(i).type_name()))
}

/// Requires a table.
#[inline]
pub fn check_tab<'c>(cx: &'c Cx<'_>, i: u32) -> Result<Tab<'c>, Raise> {
    cx.arg(i).as_tab().ok_or_else(|| mismatch(cx, i, "table"))
}

/// Requires a function.
#[inline]
pub fn check_func<'c>(cx: &'c Cx<'_>, i: u32) -> Result<Func<'c>, Raise> {
    cx.arg(i).as_func().ok_or_else(|| mismatch(cx, i, "function"))
}

/// Requires a number or a string that converts to one.
#[inline]
pub fn check_num(cx: &Cx<'_>, i: u32) -> Result<f64, Raise> {
    match cx.arg_opt(i) {
        Some(_) => cx.check_num(i),
        None => Err(mismatch(cx, i, "number")),
    }
}

/// Requires a string or a number.
#[inline]
pub fn check_str<'c>(cx: &'c Cx<'_>, i: u32) -> Result<Str<'c>, Raise> {
    match cx.arg_opt(i) {
        Some(_) => cx.check_str(i),
        None => Err(mismatch(cx, i, "string")),
    }
}

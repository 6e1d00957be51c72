//! Functions on tables as lists, and traversal.

use crate::luaside;
use crate::scratch::{self, put};
use crate::string::{MAX_LEN, bare_error};
use heap::handle::Kind;
use heap::{Raise, Tab, Val};
use interp::cx::num_to_int;
use interp::{Cx, Ret};

/// `table.getn(t)`
pub fn getn(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let n = luaside::check_tab(cx, 0)?.len();
    cx.ret(Val::num(f64::from(n)))
}

/// `table.maxn(t)`
pub fn maxn(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let (mut max, mut at) = (0.0, 0);
    while let Some((next, key, _)) = t.entry_from(at) {
        at = next;
        if let Some(n) = key.as_num().filter(|n| *n > max) {
            max = n;
        }
    }
    cx.ret(Val::num(max))
}

/// `table.insert(t, [pos,] value)`
pub fn insert(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let end = i64::from(t.len()) + 1;
    let (at, value) = match cx.nargs() {
        2 => (end, cx.arg(1)),
        3 => (i64::from(cx.check_int(1)?), cx.arg(2)),
        _ => return Err(cx.error("wrong number of arguments to 'insert'")),
    };
    let mut i = end;
    if i > at {
        // The list grows.
        t.set_int(cx.vm(), i, t.get_int(i - 1))?;
        i -= 1;
    }
    if i > at && t.move_within(cx.vm(), at..i, at + 1) {
        i = at;
    }
    while i > at {
        t.set_int(cx.vm(), i, t.get_int(i - 1))?;
        i -= 1;
    }
    t.set_int(cx.vm(), at, value)?;
    cx.ret0()
}

/// Returns the index that a number means: truncated. Loops count with the number itself, as LuaJIT's do.
#[inline]
fn index(n: f64) -> i64 {
    i64::from(num_to_int(n))
}

/// `table.remove(t [, pos])`
pub fn remove(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = luaside::check_tab(cx, 0)?;
    let len = t.len();
    let end = f64::from(len);
    let at = if cx.arg(1).is_nil() { end } else { luaside::check_num(cx, 1)? };
    if !(1.0..=end).contains(&at) {
        return cx.ret0();
    }
    let old = t.get_int(index(at));
    let mut i = at + 1.0;
    let first = index(i);
    if first as f64 == i && t.move_within(cx.vm(), first..i64::from(len) + 1, first - 1) {
        i = end + 1.0;
    }
    while i <= end {
        t.set_int(cx.vm(), index(i - 1.0), t.get_int(index(i)))?;
        i += 1.0;
    }
    t.set_int(cx.vm(), i64::from(len), Val::NIL)?;
    cx.ret(old)
}

/// `table.move(a1, f, e, t [, a2])`
pub fn move_(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let from = luaside::check_tab(cx, 0)?;
    let first = luaside::check_num(cx, 1)?;
    let last = luaside::check_num(cx, 2)?;
    let target = luaside::check_num(cx, 3)?;
    let destination = if cx.arg(4).is_nil() { 0 } else { 4 };
    let to = luaside::check_tab(cx, destination)?;
    let shift = target - first;
    let (mut i, step) = if target > last || target <= first || from != to { (first, 1.0) } else { (last, -1.0) };
    while (first..=last).contains(&i) {
        to.set_int(cx.vm(), index(i + shift), from.get_int(index(i)))?;
        // Where adding one changes nothing, a loop would not end.
        if i + step == i {
            break;
        }
        i += step;
    }
    cx.ret(cx.arg(destination))
}

/// `table.concat(t [, sep [, i [, j]]])`
pub fn concat(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let t = cx.check_tab(0)?;
    let sep = cx.opt_str(1)?.map_or(&b""[..], |s| s.bytes());
    let first = i64::from(cx.opt_int(2, 1)?);
    let last = i64::from(if cx.arg(3).is_nil() { t.len() as i32 } else { cx.check_int(3)? });
    let mut out = scratch::take();
    for i in first..=last {
        let value = t.get_int(i);
        match value.kind() {
            Kind::Str(s) => s.append_to(&mut out),
            Kind::Num(n) => heap::number::append(&mut out, n),
            _ => {
                let message = format!("invalid value ({}) at index {i} in table for 'concat'", value.type_name());
                return Err(cx.error(&message));
            }
        }
        if i < last {
            put(&mut out, sep);
        }
        if out.len() > MAX_LEN {
            return Err(bare_error(cx.vm(), "not enough memory"));
        }
    }
    cx.ret_str(&out)
}

/// Ends a visit: says whether the first result, then the only value left, ends the loop. Without one, nothing is left of it.
fn is_done(cx: &mut Cx<'_>) -> bool {
    let first = cx.nargs();
    let done = !cx.slot(first).is_nil();
    cx.pop(cx.height() - first - u32::from(done));
    done
}

/// Returns the counter of the loop, the last value pushed.
fn counter(cx: &Cx<'_>) -> u32 {
    cx.slot(cx.height() - 1).as_num().map_or(0, |n| n as u32)
}

/// Replaces the counter of the loop.
fn set_counter(cx: &Cx<'_>, n: u32) {
    cx.set_slot(cx.height() - 1, Val::num(n.into()));
}

/// `table.foreachi(t, f)`: the elements up to the length that `t` has at first.
pub fn foreachi(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let len = luaside::check_tab(cx, 0)?.len();
    luaside::check_func(cx, 1)?;
    cx.push(Val::num(len.into()));
    cx.push(Val::num(0.0));
    visit_element(cx)
}

fn visit_element(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let i = counter(cx) + 1;
    if cx.slot(cx.height() - 2).as_num().is_none_or(|len| f64::from(i) > len) {
        return cx.ret0();
    }
    set_counter(cx, i);
    cx.push(cx.slot(1));
    cx.push(Val::num(i.into()));
    cx.push(luaside::check_tab(cx, 0)?.get_int(i.into()));
    cx.call_then(2, |cx| if is_done(cx) { cx.ret_last(1) } else { visit_element(cx) })
}

/// `table.foreach(t, f)`
pub fn foreach(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    luaside::check_tab(cx, 0)?;
    luaside::check_func(cx, 1)?;
    cx.push(Val::num(0.0));
    visit_entry(cx)
}

fn visit_entry(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let at = counter(cx);
    let Some((next, key, value)) = cx.arg(0).as_tab().and_then(|t: Tab<'_>| t.entry_from(at)) else { return cx.ret0() };
    set_counter(cx, next);
    cx.push(cx.slot(1));
    cx.push(key);
    cx.push(value);
    cx.call_then(2, |cx| if is_done(cx) { cx.ret_last(1) } else { visit_entry(cx) })
}

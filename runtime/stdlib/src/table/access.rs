//! Indexed reads and writes with metamethods, for tables in a slot.

use heap::{Raise, Val};
use interp::Cx;

/// Pushes slot `obj`[`i`].
pub fn push_get(cx: &mut Cx<'_>, obj: u32, i: i64) -> Result<(), Raise> {
    if let Some(t) = cx.slot(obj).as_tab() {
        let v = t.get_int(i);
        if !v.is_nil() || t.metatable().is_none() {
            cx.push(v);
            return Ok(());
        }
    }
    cx.push(Val::num(i as f64));
    let key = cx.height() - 1;
    cx.index(obj, key)?;
    cx.set_slot(key, cx.slot(key + 1));
    cx.pop(1);
    Ok(())
}

/// Stores the value pushed last as slot `obj`[`i`], and pops it.
pub fn pop_set(cx: &mut Cx<'_>, obj: u32, i: i64) -> Result<(), Raise> {
    let value = cx.height() - 1;
    cx.push(Val::num(i as f64));
    cx.store(obj, value + 1, value)?;
    cx.pop(2);
    Ok(())
}

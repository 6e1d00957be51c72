//! Indexed reads and writes with metamethods, for tables in a slot.

use abi::metamethod::Mm;
use heap::{Raise, Val};
use interp::Cx;

/// Tables a chain of `__newindex` may pass.
const MAX_CHAIN: u32 = 100;

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
    cx.push(cx.slot(obj));
    for _ in 0..MAX_CHAIN {
        let holder = cx.slot(value + 1);
        let table = holder.as_tab();
        if let Some(t) = table
            && (t.metatable().is_none() || !t.get_int(i).is_nil())
        {
            t.set_int(cx.vm(), i, cx.slot(value))?;
            cx.pop(2);
            return Ok(());
        }
        let mm = cx.vm().metamethod(holder, Mm::Newindex);
        if mm.is_nil() {
            let Some(t) = table else {
                return Err(cx.error(&format!("attempt to index a {} value", holder.type_name())));
            };
            t.set_int(cx.vm(), i, cx.slot(value))?;
            cx.pop(2);
            return Ok(());
        }
        if mm.as_func().is_some() {
            cx.push(mm);
            cx.push(holder);
            cx.push(Val::num(i as f64));
            cx.push(cx.slot(value));
            cx.call(3, Some(0))?;
            cx.pop(2);
            return Ok(());
        }
        cx.set_slot(value + 1, mm);
    }
    Err(cx.error("loop in settable"))
}

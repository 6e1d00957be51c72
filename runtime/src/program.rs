//! Calls a loaded program and reports its errors, as LuaJIT's standalone program does.

use crate::signal;
use abi::metamethod::Mm;
use heap::{Raise, Val};
use interp::load::{new_builtin, new_xpcall};
use interp::{Cx, Ret, debug};
use std::io::Write;

/// Calls the function below the last `nargs` pushed values. Both are replaced by the results, whose number is returned, or by
/// the error value with a traceback. Ctrl-C raises an error inside.
pub fn call(cx: &mut Cx<'_>, nargs: u32) -> Result<Result<u32, ()>, Raise> {
    let at = cx.height() - nargs - 1;
    cx.reserve(nargs + 4)?;
    cx.push(new_xpcall(cx.vm())?.val());
    cx.push(cx.slot(at));
    // The message handler is no row of the builtin table: no program can name it.
    cx.push(new_builtin(cx.vm(), 0, traceback, 0)?.val());
    for i in 1..=nargs {
        cx.push(cx.slot(at + i));
    }
    let guard = signal::catch_interrupt(cx.vm_mut());
    let results = cx.call(nargs + 2, None);
    drop(guard);
    let n = results?;
    let first = cx.height() - n;
    let done = cx.slot(first).is_true();
    for i in 1..n {
        cx.set_slot(at + i - 1, cx.slot(first + i));
    }
    cx.pop(cx.height() - (at + n - 1));
    if done {
        return Ok(Ok(n - 1));
    }
    cx.vm_mut().collect_full();
    Ok(Err(()))
}

/// The message handler: strings get a traceback, other values their `__tostring`.
fn traceback(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let message = cx.arg(0);
    if message.as_str().is_none() && message.as_num().is_none() {
        if message.is_nil() || cx.vm().metamethod(message, Mm::Tostring).is_nil() {
            return cx.ret(message);
        }
        let mm = cx.vm().metamethod(message, Mm::Tostring);
        cx.push(mm);
        cx.push(message);
        cx.call(1, Some(1))?;
        let text = cx.slot(cx.height() - 1);
        if text.as_str().is_none() && text.as_num().is_none() {
            return cx.ret(cx.arg(0));
        }
        cx.set_slot(0, text);
    }
    let message = cx.check_str(0)?.bytes().to_vec();
    let text = debug::traceback(cx.vm(), debug::current_thread(cx.vm()), Some(&message), 1);
    cx.ret_str(&text)
}

/// Writes the error value on top of the stack to standard error, after `name: `, and drops it. nil is silent.
pub fn report(cx: &mut Cx<'_>, name: Option<&[u8]>) {
    let text = message(cx.slot(cx.height() - 1));
    cx.pop(1);
    if let Some(text) = text {
        complain(name, &text);
    }
}

/// Returns what a report of an error value says.
pub fn message(error: Val<'_>) -> Option<Vec<u8>> {
    if error.is_nil() {
        return None;
    }
    if let Some(n) = error.as_num() {
        let mut buf = [0; 32];
        let len = heap::number::format(n, &mut buf);
        return Some(buf[..len].to_vec());
    }
    Some(error.as_str().map_or_else(|| b"(error object is not a string)".to_vec(), |s| s.bytes().to_vec()))
}

/// Writes a line to standard error, after `name: `.
pub fn complain(name: Option<&[u8]>, text: &[u8]) {
    let mut line = Vec::with_capacity(text.len() + 32);
    if let Some(name) = name {
        line.extend_from_slice(name);
        line.extend_from_slice(b": ");
    }
    line.extend_from_slice(text);
    line.push(b'\n');
    // If standard error is gone there is nobody to tell.
    let _ = std::io::stderr().write_all(&line);
}

/// Sets the global `arg`: `all[script]` gets index 0, what follows counts up, what precedes counts down.
pub fn set_arg(cx: &mut Cx<'_>, all: &[Vec<u8>], script: usize) -> Result<(), Raise> {
    let vm = cx.vm();
    let table = vm.new_table(all.len().saturating_sub(script) as u32, script as u32)?;
    cx.push(table.val());
    for (i, text) in all.iter().enumerate() {
        table.set_int(vm, i as i64 - script as i64, vm.str(text)?.val())?;
    }
    vm.globals().set_name(vm, "arg", table.val())?;
    cx.pop(1);
    Ok(())
}

/// Pushes `arg[1]`, `arg[2]`, … as the program left them; returns how many.
pub fn push_args(cx: &mut Cx<'_>) -> Result<u32, Raise> {
    let mut n = 0;
    loop {
        cx.reserve(1)?;
        let vm = cx.vm();
        let Some(table) = vm.globals().get_name(vm, "arg")?.as_tab() else { return Ok(n) };
        let value = table.get_int(i64::from(n) + 1);
        if value.is_nil() {
            return Ok(n);
        }
        cx.push(value);
        n += 1;
    }
}

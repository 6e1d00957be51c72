//! `jit.util` of traces: what LuaJIT's functions return, of our traces.
//!
//! Instructions count from 1, constants from -1 downwards, as in LuaJIT; operations, constants' types beyond Lua's, and the entries of
//! snapshots are our own (COMPATIBILITY.md).

use super::JitState;
use super::compiler::{Compiler, TraceConst};
use heap::{Raise, Val};
use interp::{Cx, Ret};

/// Returns the compiler and argument `i` as a number that is not negative.
fn ask(cx: &mut Cx<'_>, i: u32) -> Result<Option<(&'static dyn Compiler, u32)>, Raise> {
    let n = cx.check_int(i)?;
    let compiler = cx.vm_mut().host::<JitState>().compiler;
    Ok(compiler.zip(u32::try_from(n).ok()))
}

pub(super) fn util_traceinfo(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some((compiler, trace)) = ask(cx, 0)? else { return cx.ret0() };
    let vm = cx.vm();
    let Some(info) = compiler.info(vm, trace) else { return cx.ret0() };
    let t = vm.new_table(0, 8)?;
    let numbers =
        [("nins", info.nins), ("nk", info.nk), ("link", info.link), ("nexit", info.nexit), ("entries", info.entries)];
    for (name, n) in numbers {
        t.set_name(vm, name, Val::num(n.into()))?;
    }
    for (name, text) in [("linktype", info.linktype), ("origin", info.origin)] {
        t.set_name(vm, name, vm.str(text.as_bytes())?.val())?;
    }
    cx.ret(t.val())
}

pub(super) fn util_traceir(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let index = cx.check_int(1)?;
    let Some((compiler, trace)) = ask(cx, 0)? else { return cx.ret0() };
    let Ok(index) = u32::try_from(index) else { return cx.ret0() };
    let Some(numbers) = compiler.instruction(cx.vm(), trace, index) else { return cx.ret0() };
    numbers.iter().for_each(|n| cx.push(Val::num((*n).into())));
    cx.ret_last(5)
}

pub(super) fn util_tracek(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let index = cx.check_int(1)?;
    let Some((compiler, trace)) = ask(cx, 0)? else { return cx.ret0() };
    if index >= 0 {
        return cx.ret0();
    }
    let Some((value, ty)) = compiler.constant(cx.vm(), trace, !index as u32) else { return cx.ret0() };
    match value {
        TraceConst::Number(n) => cx.push(Val::num(n)),
        TraceConst::Text(text) => cx.push_str(&text)?,
        TraceConst::Nil => cx.push(Val::NIL),
        TraceConst::Bool(b) => cx.push(Val::bool(b)),
    }
    cx.push(Val::num(ty.into()));
    cx.ret_last(2)
}

pub(super) fn util_tracesnap(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some((compiler, trace)) = ask(cx, 0)? else { return cx.ret0() };
    let Ok(snapshot) = u32::try_from(cx.check_int(1)?) else { return cx.ret0() };
    let vm = cx.vm();
    let Some(list) = compiler.snapshot(vm, trace, snapshot) else { return cx.ret0() };
    let t = vm.new_table(list.len() as u32, 0)?;
    for (i, n) in (0..).zip(list) {
        t.set_int(vm, i, Val::num(n.into()))?;
    }
    cx.ret(t.val())
}

pub(super) fn util_tracemc(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some((compiler, trace)) = ask(cx, 0)? else { return cx.ret0() };
    let Some((code, address, entry)) = compiler.machine_code(cx.vm(), trace) else { return cx.ret0() };
    cx.push_str(&code)?;
    cx.push(Val::num(address as f64));
    cx.push(Val::num(entry.into()));
    cx.ret_last(3)
}

pub(super) fn util_traceexitstub(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    // Stubs belong to traces; with one argument LuaJIT asks for shared ones, which there are none of.
    let Some((compiler, trace)) = ask(cx, 0)? else { return cx.ret0() };
    if cx.nargs() < 2 {
        return cx.ret0();
    }
    let Ok(exit) = u32::try_from(cx.check_int(1)?) else { return cx.ret0() };
    match compiler.exit_stub(cx.vm(), trace, exit) {
        Some(address) => cx.ret(Val::num(address as f64)),
        None => cx.ret0(),
    }
}

pub(super) fn util_ircalladdr(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some((compiler, index)) = ask(cx, 0)? else { return cx.ret0() };
    match compiler.helper(cx.vm(), index) {
        Some(address) => cx.ret(Val::num(address as f64)),
        None => cx.ret0(),
    }
}

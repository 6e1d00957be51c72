//! The modules `jit.v`, `jit.dump`, `jit.p`, `jit.zone`: what LuaJIT has as Lua files. The work is done by the compiler and the profiler.

use super::JitState;
use super::compiler::{DumpMode, Style};
use super::profile;
use super::report::Report;
use crate::io::{self, Shared};
use crate::system::{c_bytes, message};
use heap::{Raise, Val};
use interp::{Cx, Ret};
use std::os::unix::ffi::OsStringExt;

/// Opens what argument `i` or environment variable `variable` names: a file, or `-` for standard output; without either the standard
/// stream `default`.
pub(super) fn output(cx: &mut Cx<'_>, i: u32, variable: &str, default: usize) -> Result<Shared, Raise> {
    let given = cx.opt_str(i)?.map(|s| c_bytes(s.bytes()).to_vec());
    let name = given.or_else(|| std::env::var_os(variable).map(OsStringExt::into_vec));
    match name.as_deref() {
        None => Ok(io::standard(cx.vm_mut(), default)),
        Some(b"-") => Ok(io::standard(cx.vm_mut(), 1)),
        Some(name) => io::create(cx.vm_mut(), name).map_err(|code| cx.error_bytes(&message(Some(name), code))),
    }
}

/// Returns the compiler, or raises that there is none.
fn compiler(cx: &mut Cx<'_>) -> Result<&'static dyn super::compiler::Compiler, Raise> {
    match cx.vm_mut().host::<JitState>().compiler {
        Some(compiler) => Ok(compiler),
        None => Err(cx.error("there is no trace compiler for this processor")),
    }
}

pub(super) fn v_start(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let out = output(cx, 0, "LUAJIT_VERBOSEFILE", 2)?;
    compiler(cx)?.verbose(cx.vm_mut(), Some(out));
    cx.ret0()
}

pub(super) fn v_off(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    compiler(cx)?.verbose(cx.vm_mut(), None);
    cx.ret0()
}

pub(super) fn dump_start(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let options = cx.opt_str(0)?.map_or_else(String::new, |s| String::from_utf8_lossy(s.bytes()).into_owned());
    let colour = std::env::var("TERM").is_ok_and(|t| t.contains("color")) || std::env::var_os("COLORTERM").is_some();
    let mode = DumpMode::parse(&options, if colour { Style::Ansi } else { Style::Text })
        .map_err(|c| cx.error(&format!("unknown dump option '{c}': there are {} T A H", DumpMode::LETTERS)))?;
    let out = output(cx, 1, "LUAJIT_DUMPFILE", 1)?;
    compiler(cx)?.dump(cx.vm_mut(), Some((mode, out)));
    cx.ret0()
}

pub(super) fn dump_off(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    compiler(cx)?.dump(cx.vm_mut(), None);
    cx.ret0()
}

pub(super) fn p_start(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let mode = cx.opt_str(0)?.map_or_else(|| b"f".to_vec(), |s| s.bytes().to_vec());
    let out = output(cx, 1, "LUAJIT_PROFILEFILE", 1)?;
    let report = Report::new(&mode, out).map_err(|message| cx.error(&message))?;
    let actions = &mut cx.vm_mut().host::<crate::AtExit>().actions;
    if !actions.iter().any(|a| std::ptr::fn_addr_eq(*a, finish as fn(&mut heap::Vm))) {
        actions.push(finish);
    }
    let milliseconds = report.milliseconds();
    profile::start_report(cx.vm_mut(), milliseconds, report);
    cx.ret0()
}

/// Ends the profile and prints it.
fn finish(vm: &mut heap::Vm) {
    if let Some(report) = profile::stop(vm) {
        report.finish();
    }
}

pub(super) fn p_stop(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    finish(cx.vm_mut());
    cx.ret0()
}

// ---- jit.zone: a stack of names ----

pub(super) fn zone_call(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let zones = cx.check_tab(0)?;
    let n = i64::from(zones.len());
    let zone = cx.arg(1);
    if zone.is_true() {
        zones.set_int(cx.vm(), n + 1, zone)?;
        return cx.ret0();
    }
    if n == 0 {
        return Err(cx.error("empty zone stack"));
    }
    cx.push(zones.get_int(n));
    zones.set_int(cx.vm(), n, Val::NIL)?;
    cx.ret_last(1)
}

pub(super) fn zone_get(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let zones = cx.check_tab(0)?;
    cx.ret(zones.get_int(zones.len().into()))
}

pub(super) fn zone_flush(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let zones = cx.check_tab(0)?;
    for i in (1..=i64::from(zones.len())).rev() {
        zones.set_int(cx.vm(), i, Val::NIL)?;
    }
    cx.ret0()
}

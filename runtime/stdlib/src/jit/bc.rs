//! `jit.bc`: listings of bytecode, as `luajit -bl` prints them: instructions as they were loaded, whether they have traces or not.

use super::util::{ProtoRef, check_loaded};
use crate::io::{self, Shared};
use heap::{Raise, Val};
use interp::{Cx, Ret};
use luac::bytecode::listing;
use luac::bytecode::proto::GcConst;
use luac::bytecode::{Ins, op};

/// Returns where an instruction at `pc` jumps to.
fn jump_target(pc: usize, ins: Ins) -> Option<usize> {
    let jumps = ins.op()?.modes().c == op::Mode::Jump;
    if jumps { usize::try_from(pc as i64 + 1 + i64::from(ins.jump())).ok() } else { None }
}

/// Returns the instructions that something jumps to.
fn targets(subject: &ProtoRef) -> Vec<usize> {
    let code = subject.proto().bc.iter().enumerate().skip(1);
    code.filter_map(|(pc, ins)| jump_target(pc, *ins)).collect()
}

pub(super) fn bc_line(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let subject = check_loaded(cx)?;
    let pc = usize::try_from(cx.check_int(1)?).unwrap_or(usize::MAX);
    if pc >= subject.proto().bc.len() {
        return cx.ret0();
    }
    let mut line = listing::line(subject.chunk_name(), subject.proto(), pc, false);
    if let Some(prefix) = cx.opt_str(2)? {
        // Two blanks behind the number are where the prefix goes.
        let at = line.iter().position(|&c| c == b' ').map_or(0, |space| space + 1);
        line.splice(at..at + 2, prefix.bytes().iter().copied());
    }
    line.push(b'\n');
    cx.ret_str(&line)
}

pub(super) fn bc_targets(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let subject = check_loaded(cx)?;
    let t = cx.vm().new_table(0, 0)?;
    for pc in targets(&subject) {
        t.set_int(cx.vm(), pc as i64, Val::TRUE)?;
    }
    cx.ret(t.val())
}

/// Appends the lines of a listing; the listings of children first, if `all`.
fn list(subject: &ProtoRef, all: bool, lines: &mut Vec<Vec<u8>>) {
    let p = subject.proto();
    if all {
        for (d, k) in p.kgc.iter().enumerate() {
            if matches!(k, GcConst::Proto(_)) {
                list(&subject.child(d), true, lines);
            }
        }
    }
    let last = p.debug.as_ref().map_or(0, |d| d.first_line + d.num_lines);
    let place = listing::location(subject.chunk_name(), p);
    lines.push([b"-- BYTECODE -- ", &place[..], format!("-{last}\n").as_bytes()].concat());
    let targets = targets(subject);
    for pc in 1..p.bc.len() {
        let mut line = listing::line(subject.chunk_name(), p, pc, targets.contains(&pc));
        line.push(b'\n');
        lines.push(line);
    }
    lines.push(b"\n".to_vec());
}

/// Calls method `name` of the value in slot `object` with the last `nargs` pushed values.
fn call_method(cx: &mut Cx<'_>, object: u32, name: &str, text: Option<&[u8]>) -> Result<(), Raise> {
    let key = cx.height();
    cx.push_str(name.as_bytes())?;
    cx.index(object, key)?;
    cx.push(cx.slot(object));
    if let Some(text) = text {
        cx.push_str(text)?;
    }
    cx.call(1 + u32::from(text.is_some()), Some(0))?;
    cx.pop(1);
    Ok(())
}

pub(super) fn bc_dump(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let subject = check_loaded(cx)?;
    let mut lines = Vec::new();
    list(&subject, cx.arg(2).is_true(), &mut lines);
    if cx.arg(1).is_nil() {
        let out = io::standard(cx.vm_mut(), 1);
        let mut out = out.borrow_mut();
        // As the listing of `print`: errors of the device are not reported.
        let _ = lines.iter().try_for_each(|line| out.write(line)).and_then(|()| out.flush());
        return cx.ret0();
    }
    for line in &lines {
        call_method(cx, 1, "write", Some(line))?;
    }
    call_method(cx, 1, "flush", None)?;
    cx.ret0()
}

/// Writes the listing of one function.
pub(super) fn write_list(subject: &ProtoRef, out: &Shared) {
    let mut lines = Vec::new();
    list(subject, false, &mut lines);
    let mut out = out.borrow_mut();
    // As above.
    let _ = lines.iter().try_for_each(|line| out.write(line)).and_then(|()| out.flush());
}

/// Lists what is compiled from now on.
pub(super) fn bc_start(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let out = super::tools::output(cx, 0, "LUAJIT_LISTFILE", 2)?;
    super::events::list(cx.vm_mut(), Some(out));
    cx.ret0()
}

pub(super) fn bc_off(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    super::events::list(cx.vm_mut(), None);
    cx.ret0()
}

//! `jit.util`: facts of functions, their bytecode and constants.
//!
//! A prototype is shown as a userdata: the chunk that holds it and the way to it. The userdata's environment holds the function it is of,
//! where there is one, so that `jit.off` can find the live prototype.

use heap::handle::Kind;
use heap::{Raise, Tab, Udata, Val, Vm};
use interp::{Cx, Ret, debug};
use luac::bytecode::proto::{Chunk, GcConst, Proto, ProtoFlags, TabConst, TabTemplate};
use luac::bytecode::{Meta, Op};
use std::rc::Rc;

/// A prototype inside a chunk.
#[derive(Clone, Debug)]
pub struct ProtoRef {
    chunk: Rc<Chunk>,
    /// Indices of constants, from the main function down.
    way: Vec<usize>,
}

impl ProtoRef {
    /// Returns the prototype.
    pub fn proto(&self) -> &Proto {
        self.way.iter().fold(&self.chunk.main, |p, d| p.child(*d).unwrap_or(p))
    }

    /// Returns the name of its chunk.
    pub fn chunk_name(&self) -> &[u8] {
        &self.chunk.name
    }

    /// Refers to the main prototype of a chunk.
    pub fn main(chunk: Chunk) -> ProtoRef {
        ProtoRef { chunk: Rc::new(chunk), way: Vec::new() }
    }

    /// Appends all prototypes inside, innermost first, then itself.
    pub fn inside_out(self, list: &mut Vec<ProtoRef>) {
        for (d, k) in self.proto().kgc.iter().enumerate().rev() {
            if matches!(k, GcConst::Proto(_)) {
                self.child(d).inside_out(list);
            }
        }
        list.push(self);
    }

    /// Returns the prototype that constant `d` is.
    pub fn child(&self, d: usize) -> ProtoRef {
        let mut way = self.way.clone();
        way.push(d);
        ProtoRef { chunk: self.chunk.clone(), way }
    }
}

/// The function of a prototype's userdata, as a list of live prototypes below it.
type Live<'v> = Box<dyn Fn(bool, bool) -> Vec<u64> + 'v>;

/// Returns how to find the live prototypes behind a userdata, if it stands for a prototype of a function.
pub(super) fn live_protos(u: Udata<'_>) -> Option<Live<'_>> {
    let p = u.payload::<ProtoRef>()?;
    let f = u.env()?.get_int(1).as_func()?;
    Some(Box::new(move |itself, children| interp::jit::protos_below(f, &p.way, itself, children)))
}

/// Returns the prototype of a Lua function or of a userdata that stands for one.
pub fn proto_of(vm: &Vm, v: Val<'_>) -> Option<ProtoRef> {
    match v.kind() {
        Kind::Func(f) => debug::to_live_chunk(vm, f).map(|chunk| ProtoRef { chunk: Rc::new(chunk), way: Vec::new() }),
        Kind::Udata(u) => u.payload::<ProtoRef>().cloned(),
        _ => None,
    }
}

/// Requires the first argument to be a Lua function or prototype; the instructions are those that were loaded, traces or not.
pub fn check_loaded(cx: &Cx<'_>) -> Result<ProtoRef, Raise> {
    let chunk = cx.arg(0).as_func().and_then(|f| debug::to_chunk(cx.vm(), f));
    chunk.map_or_else(|| check_proto(cx), |chunk| Ok(ProtoRef::main(chunk)))
}

/// Requires the first argument to be a Lua function or prototype.
pub fn check_proto(cx: &Cx<'_>) -> Result<ProtoRef, Raise> {
    proto_of(cx.vm(), cx.arg(0)).ok_or_else(|| cx.type_error(0, "function"))
}

/// Makes a userdata that stands for a prototype.
pub(super) fn new_proto(vm: &Vm, p: ProtoRef) -> Result<Val<'_>, Raise> {
    Ok(vm.new_userdata(Some(Box::new(p)))?.val())
}

/// Pushes a prototype found by way of argument 0.
fn push_proto(cx: &Cx<'_>, p: ProtoRef) -> Result<(), Raise> {
    let vm = cx.vm();
    let u = vm.new_userdata(Some(Box::new(p)))?;
    cx.push(u.val());
    let env = match cx.arg(0).kind() {
        Kind::Func(f) => {
            let env = vm.new_table(1, 0)?;
            env.set_int(vm, 1, f.val())?;
            Some(env)
        }
        Kind::Udata(from) => from.env(),
        _ => None,
    };
    if let Some(env) = env {
        u.set_env(vm, env);
    }
    Ok(())
}

/// Returns the line of an instruction; 0 without debug information.
fn line_at(p: &Proto, pc: usize) -> u32 {
    match &p.debug {
        None => 0,
        Some(d) if pc == p.bc.len() => d.first_line + d.num_lines,
        Some(d) => pc.checked_sub(1).and_then(|i| d.lines.get(i)).copied().unwrap_or(d.first_line),
    }
}

pub(super) fn util_funcinfo(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let vm = cx.vm();
    if let Some(f) = cx.arg(0).as_func().filter(|f| !f.is_lua()) {
        let t = vm.new_table(0, 4)?;
        if f.builtin_id() != 0 {
            t.set_name(vm, "ffid", Val::num(f64::from(f.builtin_id())))?;
        }
        t.set_name(vm, "addr", Val::num(f.val().address().unwrap_or(0) as f64))?;
        t.set_name(vm, "upvalues", Val::num(f64::from(f.num_upvalues())))?;
        return cx.ret(t.val());
    }
    let subject = check_proto(cx)?;
    let p = subject.proto();
    let pc = usize::try_from(cx.opt_int(1, 0)?).unwrap_or(usize::MAX);
    let (first, count) = p.debug.as_ref().map_or((0, 0), |d| (d.first_line, d.num_lines));
    let t = vm.new_table(0, 16)?;
    let numbers = [
        ("linedefined", f64::from(first)),
        ("lastlinedefined", f64::from(first) + f64::from(count)),
        ("stackslots", f64::from(p.frame_size)),
        ("params", f64::from(p.num_params)),
        ("bytecodes", p.bc.len() as f64),
        ("gcconsts", p.kgc.len() as f64),
        ("nconsts", p.knum.len() as f64),
        ("upvalues", p.upvalues.len() as f64),
    ];
    for (name, n) in numbers {
        t.set_name(vm, name, Val::num(n))?;
    }
    if pc < p.bc.len() {
        t.set_name(vm, "currentline", Val::num(f64::from(line_at(p, pc))))?;
    }
    t.set_name(vm, "isvararg", Val::bool(p.is_vararg()))?;
    t.set_name(vm, "children", Val::bool(p.flags.has(ProtoFlags::CHILD)))?;
    t.set_name(vm, "source", vm.str(subject.chunk_name())?.val())?;
    t.set_name(vm, "loc", vm.str(&location(&subject, pc))?.val())?;
    push_proto(cx, subject.clone())?;
    t.set_name(vm, "proto", cx.slot(cx.height() - 1))?;
    cx.ret(t.val())
}

/// Returns `file:line` of an instruction.
fn location(subject: &ProtoRef, pc: usize) -> Vec<u8> {
    let mut text = luac::bytecode::listing::location(subject.chunk_name(), subject.proto());
    if let Some(colon) = text.iter().rposition(|&c| c == b':') {
        text.truncate(colon + 1);
    }
    let line = if pc > subject.proto().bc.len() { 0 } else { line_at(subject.proto(), pc) };
    text.extend_from_slice(line.to_string().as_bytes());
    text
}

/// Returns LuaJIT's packed operand modes of an opcode.
fn mode_bits(op: Op) -> u32 {
    let modes = op.modes();
    let meta = match modes.meta {
        Meta::Index => 0,
        Meta::Newindex => 1,
        Meta::Gc => 2,
        Meta::Eq => 4,
        Meta::Len => 5,
        Meta::Lt => 6,
        Meta::Le => 7,
        Meta::Concat => 8,
        Meta::Call => 9,
        Meta::Add => 10,
        Meta::Sub => 11,
        Meta::Mul => 12,
        Meta::Div => 13,
        Meta::Mod => 14,
        Meta::Pow => 15,
        Meta::Unm => 16,
        Meta::NoMeta => 22,
    };
    modes.a as u32 | (modes.b as u32) << 3 | (modes.c as u32) << 7 | meta << 11
}

pub(super) fn util_funcbc(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let subject = check_proto(cx)?;
    let pc = usize::try_from(cx.check_int(1)?).unwrap_or(usize::MAX);
    let Some(ins) = subject.proto().bc.get(pc) else { return cx.ret0() };
    let Some(op) = ins.op() else { return cx.ret0() };
    cx.push(Val::num(f64::from(ins.0 as i32)));
    cx.push(Val::num(f64::from(mode_bits(op))));
    cx.ret_last(2)
}

/// Returns a constant of a template as a value.
fn constant<'v>(vm: &'v Vm, k: &TabConst) -> Result<Val<'v>, Raise> {
    Ok(match k {
        TabConst::Nil => Val::NIL,
        TabConst::False => Val::FALSE,
        TabConst::True => Val::TRUE,
        TabConst::Num(n) => Val::num(*n),
        TabConst::Str(s) => vm.str(s)?.val(),
    })
}

/// Makes the table that a template describes.
fn table<'v>(vm: &'v Vm, template: &TabTemplate) -> Result<Tab<'v>, Raise> {
    let t = vm.new_table(template.array.len() as u32, template.hash.len() as u32)?;
    for (i, k) in (0..).zip(&template.array) {
        t.set_int(vm, i, constant(vm, k)?)?;
    }
    for (key, value) in &template.hash {
        t.set(vm, constant(vm, key)?, constant(vm, value)?)?;
    }
    Ok(t)
}

pub(super) fn util_funck(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let subject = check_proto(cx)?;
    let index = cx.check_int(1)?;
    if let Ok(i) = usize::try_from(index) {
        return match subject.proto().knum.get(i) {
            Some(n) => cx.ret(Val::num(*n)),
            None => cx.ret0(),
        };
    }
    let d = !index as usize;
    match subject.proto().kgc.get(d) {
        None => cx.ret0(),
        Some(GcConst::Str(s)) => cx.ret_str(s),
        Some(GcConst::Tab(template)) => cx.ret(table(cx.vm(), template)?.val()),
        Some(GcConst::Proto(_)) => {
            push_proto(cx, subject.child(d))?;
            cx.ret_last(1)
        }
    }
}

pub(super) fn util_funcuvname(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let subject = check_proto(cx)?;
    let i = usize::try_from(cx.check_int(1)?).unwrap_or(usize::MAX);
    let p = subject.proto();
    if i >= p.upvalues.len() {
        return cx.ret0();
    }
    cx.ret_str(p.debug.as_ref().and_then(|d| d.upvalue_names.get(i)).map_or(b"", |name| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_packed_as_luajit_packs_them() {
        assert_eq!(mode_bits(Op::FUNCF), 45060);
        assert_eq!(mode_bits(Op::ADDVN), 21657);
        assert_eq!(mode_bits(Op::LEN), 10625);
        assert_eq!(mode_bits(Op::TGETS), 1305);
        assert_eq!(mode_bits(Op::RET), 45828);
    }
}

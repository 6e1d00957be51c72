//! Names of variables and functions, and facts of functions.
//!
//! A slot's name is found by going back from an instruction to whatever last wrote the slot, as LuaJIT does: a local
//! variable that lives there, a global, field, method or upvalue that was loaded into it.

use super::frames::Frame;
use crate::worker::arith::metamethod_of;
use bytecode::proto::{InternalVar, VarName};
use bytecode::{Ins, Meta, Mode, Op};
use heap::{Func, FuncObj, ProtoObj, Str, StrObj, Val, Value, Vm};

/// Facts of a function, as `debug.getinfo` shows them.
pub struct FuncInfo<'v> {
    /// Chunk name with its prefix; `=[C]` for builtins.
    pub source: &'v [u8],
    /// Chunk name for messages.
    pub short_src: Vec<u8>,
    /// `Lua`, `main` or `C`.
    pub what: &'static str,
    /// First line; -1 for builtins.
    pub first_line: i32,
    /// Last line; -1 for builtins.
    pub last_line: i32,
    /// Number of upvalues.
    pub nups: u32,
    /// Number of fixed parameters.
    pub nparams: u32,
    /// Takes variable arguments (builtins do).
    pub is_vararg: bool,
}

/// Returns the prototype of a Lua function.
pub(super) fn proto<'v>(f: Func<'v>) -> Option<&'v ProtoObj> {
    if f.is_lua() {
        // SAFETY: the handle's function is live, and so is its prototype, whose header is only read.
        Some(unsafe { &*FuncObj::proto(f.raw()) })
    } else {
        None
    }
}

fn bytes_of<'v>(s: *const StrObj) -> &'v [u8] {
    // SAFETY: prototypes and constants refer to live strings.
    unsafe { StrObj::bytes(s) }
}

/// Instruction `i` of a prototype.
fn ins(vm: &Vm, pt: &ProtoObj, i: u32) -> Ins {
    assert!(i < pt.size_bc);
    // SAFETY: in range.
    Ins(unsafe { crate::jit::original_ins(vm, pt, i) })
}

/// String constant `d` of a prototype.
fn kstr(pt: &ProtoObj, d: usize) -> Vec<u8> {
    assert!(d < pt.size_kgc as usize);
    // SAFETY: in range; verified operands name strings.
    let v = Value(unsafe { *pt.k.sub(1 + d) });
    v.as_str().map_or_else(Vec::new, |s| bytes_of(s).to_vec())
}

/// Returns the name of the variable in `slot` at instruction `at`.
fn variable_name(pt: &ProtoObj, at: u32, mut slot: u32) -> Option<Vec<u8>> {
    // SAFETY: null or the prototype's own debug information.
    let debug = unsafe { pt.debug.as_ref()? };
    for var in &debug.vars {
        if var.start > at {
            break;
        }
        if at < var.end {
            if slot == 0 {
                return Some(match &var.name {
                    VarName::Name(n) => n.to_vec(),
                    VarName::Internal(i) => internal_name(*i).to_vec(),
                });
            }
            slot -= 1;
        }
    }
    None
}

fn internal_name(v: InternalVar) -> &'static [u8] {
    match v {
        InternalVar::ForIdx => b"(for index)",
        InternalVar::ForStop => b"(for limit)",
        InternalVar::ForStep => b"(for step)",
        InternalVar::ForGen => b"(for generator)",
        InternalVar::ForState => b"(for state)",
        InternalVar::ForCtl => b"(for control)",
    }
}

/// Returns what the value in `slot` is called at instruction `at`: kind and name.
pub(crate) fn slot_name(vm: &Vm, f: Func<'_>, at: u32, mut slot: u32) -> Option<(&'static str, Vec<u8>)> {
    let pt = proto(f)?;
    let mut i = at;
    'restart: loop {
        if let Some(name) = variable_name(pt, i, slot) {
            return Some(("local", name));
        }
        while i > 1 {
            i -= 1;
            let insn = ins(vm, pt, i);
            let op = insn.op()?;
            let a = u32::from(insn.a());
            match op.modes().a {
                Mode::Base if slot >= a && (op != Op::KNIL || slot <= u32::from(insn.d())) => return None,
                Mode::Dst if a == slot => {
                    return match op {
                        Op::MOV => {
                            slot = insn.d().into();
                            continue 'restart;
                        }
                        Op::GGET => Some(("global", kstr(pt, insn.d().into()))),
                        Op::TGETS => {
                            let name = kstr(pt, insn.c().into());
                            if i > 1 {
                                let before = ins(vm, pt, i - 1);
                                if before.op() == Some(Op::MOV)
                                    && u32::from(before.a()) == a + 2
                                    && before.d() == u16::from(insn.b())
                                {
                                    return Some(("method", name));
                                }
                            }
                            Some(("field", name))
                        }
                        Op::UGET => Some(("upvalue", upvalue_name(f, insn.d().into())?)),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        return None;
    }
}

/// Returns how the caller names a frame's function: (`global`|`local`|`method`|`field`|`upvalue`|`metamethod`, name).
pub fn frame_name(vm: &Vm, f: &Frame<'_>) -> Option<(&'static str, Vec<u8>)> {
    let (caller, pc) = f.caller?;
    let at = pc.checked_sub(1)?;
    let insn = ins(vm, proto(caller)?, at);
    let op = insn.op()?;
    match op.modes().meta {
        Meta::Call => {
            let slot = u32::from(insn.a());
            slot_name(vm, caller, at, if op == Op::ITERC || op == Op::ITERN { slot.checked_sub(3)? } else { slot })
        }
        meta => Some(("metamethod", metamethod_of(meta)?.key().as_bytes().to_vec())),
    }
}

/// Where local `n` of a frame is, and its name.
fn find_local(f: &Frame<'_>, n: i32) -> Option<(u32, Vec<u8>)> {
    if n < 0 {
        let i = n.unsigned_abs();
        if i > f.varargs {
            return None;
        }
        let pt = proto(f.func)?;
        // Below slot 0: link, function, then the arguments of the hidden frame.
        let hidden = f.base - hidden_distance(f)?;
        return Some((hidden + u32::from(pt.num_params) + i - 1, b"(*vararg)".to_vec()));
    }
    let n = u32::try_from(n).ok()?;
    if n == 0 {
        return None;
    }
    if let (Some(pt), Some(pc)) = (proto(f.func), f.pc)
        && let Some(name) = variable_name(pt, pc.saturating_sub(1), n - 1)
    {
        return Some((f.base + n - 1, name));
    }
    if f.base + n - 1 < f.top { Some((f.base + n - 1, b"(*temporary)".to_vec())) } else { None }
}

/// Slots from the hidden frame of a vararg function to its visible one.
fn hidden_distance(f: &Frame<'_>) -> Option<u32> {
    // SAFETY: the frame is on its coroutine's live stack.
    let link = unsafe { *(*f.thread.raw()).stack.add(f.base as usize - 1) };
    if link & abi::frame::TYPE == abi::frame::VARG { Some((link >> 3) as u32) } else { None }
}

/// Returns name and value of local `n` of a frame: from 1; negative numbers are extra arguments; `(*temporary)` where unnamed.
pub fn local<'v>(_vm: &'v Vm, f: &Frame<'v>, n: i32) -> Option<(Vec<u8>, Val<'v>)> {
    let (at, name) = find_local(f, n)?;
    // SAFETY: the slot is part of a frame of a live stack.
    Some((name, unsafe { Val::from_raw(Value(*(*f.thread.raw()).stack.add(at as usize))) }))
}

/// Stores local `n` of a frame; returns its name.
pub fn set_local(_vm: &Vm, f: &Frame<'_>, n: i32, v: Val<'_>) -> Option<Vec<u8>> {
    let (at, name) = find_local(f, n)?;
    // SAFETY: as in `local`; stacks need no barrier.
    unsafe { *(*f.thread.raw()).stack.add(at as usize) = v.raw().0 };
    Some(name)
}

/// Returns the name of parameter `n` (from 1) of a function that need not be active.
pub fn parameter_name(f: Func<'_>, n: u32) -> Option<Vec<u8>> {
    variable_name(proto(f)?, 0, n.checked_sub(1)?)
}

/// Returns the facts of a function.
pub fn func_info(f: Func<'_>) -> FuncInfo<'_> {
    match proto(f) {
        Some(pt) => {
            let source = bytes_of(pt.chunk_name);
            FuncInfo {
                source,
                short_src: bytecode::chunkname::chunk_id(source),
                what: if pt.first_line > 0 || pt.num_lines == 0 { "Lua" } else { "main" },
                first_line: pt.first_line as i32,
                last_line: (pt.first_line + pt.num_lines) as i32,
                nups: pt.nup.into(),
                nparams: pt.num_params.into(),
                is_vararg: pt.flags & bytecode::proto::ProtoFlags::VARARG != 0,
            }
        }
        None => FuncInfo {
            source: b"=[C]",
            short_src: b"[C]".to_vec(),
            what: "C",
            first_line: -1,
            last_line: -1,
            nups: visible_upvalues(f),
            nparams: 0,
            is_vararg: true,
        },
    }
}

/// Returns all lines with code.
pub fn active_lines(f: Func<'_>) -> Option<Vec<u32>> {
    // SAFETY: null or the prototype's own debug information.
    Some(unsafe { proto(f)?.debug.as_ref() }.map_or_else(Vec::new, |d| d.lines.clone()))
}

/// Returns how many upvalues of a function programs can see: a builtin's tables are the library's own state.
pub fn visible_upvalues(f: Func<'_>) -> u32 {
    let private = !f.is_lua() && f.upvalue(0).is_some_and(|v| v.as_tab().is_some());
    if private { 0 } else { f.num_upvalues() }
}

/// Returns the name of upvalue `i` (from 0), empty where stripped.
pub fn upvalue_name(f: Func<'_>, i: u32) -> Option<Vec<u8>> {
    if i >= visible_upvalues(f) {
        return None;
    }
    // SAFETY: null or the prototype's own debug information.
    let debug = proto(f).and_then(|pt| unsafe { pt.debug.as_ref() });
    Some(debug.and_then(|d| d.upvalue_names.get(i as usize)).map_or_else(Vec::new, |n| n.to_vec()))
}

/// Returns an address that identifies upvalue `i` (from 0) of a Lua function or builtin.
pub fn upvalue_id(f: Func<'_>, i: u32) -> Option<u64> {
    if i >= visible_upvalues(f) {
        return None;
    }
    // SAFETY: in range.
    Some(unsafe {
        if f.is_lua() {
            *FuncObj::upvals(f.raw()).add(i as usize) as u64
        } else {
            FuncObj::builtin_upvals(f.raw()).add(i as usize) as u64
        }
    })
}

/// Makes upvalue `i` of Lua function `f` refer to upvalue `j` of Lua function `g`; says whether both exist.
pub fn upvalue_join(vm: &Vm, f: Func<'_>, i: u32, g: Func<'_>, j: u32) -> bool {
    if !f.is_lua() || !g.is_lua() || i >= f.num_upvalues() || j >= g.num_upvalues() {
        return false;
    }
    // SAFETY: in range; the barrier follows the store.
    unsafe {
        let uv = *FuncObj::upvals(g.raw()).add(j as usize);
        *FuncObj::upvals(f.raw()).add(i as usize) = uv;
        let uv = Value(uv as u64 | abi::tag::UPVAL << abi::tag::SHIFT);
        heap::gc::barrier_forward(vm, f.raw().cast(), uv);
    }
    true
}

/// Returns the string form of a chunk name for messages.
pub fn chunk_id(name: Str<'_>) -> Vec<u8> {
    bytecode::chunkname::chunk_id(name.bytes())
}

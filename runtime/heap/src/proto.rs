//! Prototypes and functions as heap objects.
//!
//! A prototype is one cell: header, instructions, collectable constants (backwards, tagged), numbers, upvalue descriptors.
//! Debug information stays outside: the collector keeps a list of prototypes and drops it with them.

use crate::alloc::{self, CellKind};
use crate::object::{BuiltinObj, FuncObj, ProtoObj, TabObj, UpvalObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use crate::{stack, strtab, table};
use abi::{objtype, tag};
use bytecode::proto::{Proto, TabConst, TabTemplate, UpvalDesc};
use bytecode::{GcConst, Sound};
use std::ptr;

/// Loads a chunk: returns its main prototype. What it makes is unreachable until the caller roots it.
pub fn load(vm: &Vm, chunk: Sound) -> Result<*mut ProtoObj, Raise> {
    let chunk = chunk.into_chunk();
    let name = strtab::intern(vm, &chunk.name)?;
    load_proto(vm, chunk.main, name, &mut Vec::with_capacity(64))
}

/// Loads a prototype. `stack` has the constants of those around it, and is left as it was found.
fn load_proto(
    vm: &Vm,
    p: Proto,
    name: *mut crate::object::StrObj,
    stack: &mut Vec<u64>,
) -> Result<*mut ProtoObj, Raise> {
    // Children first: the prototype is complete as soon as it exists.
    let first = stack.len();
    for k in p.kgc {
        let value = match k {
            GcConst::Str(s) => Value::from_str(strtab::intern(vm, &s)?).0,
            GcConst::Tab(t) => Value::from_tab(load_template(vm, &t)?).0,
            GcConst::Proto(c) => load_proto(vm, *c, name, stack)? as u64 | tag::PROTO << tag::SHIFT,
        };
        stack.push(value);
    }
    let kgc = &stack[first..];
    let k_at = (size_of::<ProtoObj>() + p.bc.len() * 4).next_multiple_of(8) + kgc.len() * 8;
    let uv_at = k_at + p.knum.len() * 8;
    let size = uv_at + p.upvalues.len() * 2;
    if size > u32::MAX as usize {
        return Err(vm.raise_oom());
    }
    let cell = alloc::alloc(vm, size, CellKind::Owner)?;
    let pt: *mut ProtoObj = cell.cast();
    let (first_line, num_lines) = p.debug.as_ref().map_or((0, 0), |d| (d.first_line, d.num_lines));
    let debug = p.debug.map_or(ptr::null_mut(), |d| Box::into_raw(Box::new(d)));
    // SAFETY: the cell has room for header, instructions, constants and descriptors, one behind the other.
    unsafe {
        let k: *mut u64 = cell.add(k_at).cast();
        let uv: *mut u16 = cell.add(uv_at).cast();
        pt.write(ProtoObj {
            gct: objtype::PROTO,
            marked: 0,
            flags: p.flags.0,
            num_params: p.num_params,
            frame_size: p.frame_size,
            nup: p.upvalues.len() as u8,
            pad: 0,
            size_bc: p.bc.len() as u32,
            size_kgc: kgc.len() as u32,
            size_kn: p.knum.len() as u32,
            first_line,
            num_lines,
            size: size as u32,
            k,
            uv,
            chunk_name: name,
            debug,
            trace: 0,
            pad2: 0,
        });
        for (i, ins) in p.bc.iter().enumerate() {
            *ProtoObj::bc(pt).cast_mut().add(i) = ins.0;
        }
        for (i, v) in kgc.iter().enumerate() {
            *k.sub(i + 1) = *v;
        }
        for (i, n) in p.knum.iter().enumerate() {
            *k.add(i) = Value::from_foreign_num(*n).0;
        }
        for (i, d) in p.upvalues.iter().enumerate() {
            *uv.add(i) = d.0;
        }
        crate::gc::adopt_proto(vm, pt);
    }
    stack.truncate(first);
    Ok(pt)
}

fn load_const(vm: &Vm, c: &TabConst) -> Result<Value, Raise> {
    Ok(match c {
        TabConst::Nil => Value::NIL,
        TabConst::False => Value::FALSE,
        TabConst::True => Value::TRUE,
        TabConst::Num(n) => Value::from_foreign_num(*n),
        TabConst::Str(s) => Value::from_str(strtab::intern(vm, s)?),
    })
}

fn load_template(vm: &Vm, t: &TabTemplate) -> Result<*mut TabObj, Raise> {
    let tab = table::new(vm, t.array.len() as u32, t.hash.len() as u32)?;
    // SAFETY: the new table is live (nothing collects); slots are inside its array.
    unsafe {
        for (i, c) in t.array.iter().enumerate() {
            *(*tab).array.add(i) = load_const(vm, c)?.0;
        }
        // A key keeps its node only while it has a value, so nils come last.
        for (k, v) in &t.hash {
            let v = if *v == TabConst::Nil { Value::TRUE } else { load_const(vm, v)? };
            table::set(vm, tab, load_const(vm, k)?, v)?;
        }
        for (k, _) in t.hash.iter().filter(|(_, v)| *v == TabConst::Nil) {
            table::set(vm, tab, load_const(vm, k)?, Value::NIL)?;
        }
    }
    Ok(tab)
}

/// Allocates a Lua function whose upvalues are still to be filled in.
unsafe fn new_lua(vm: &Vm, pt: *mut ProtoObj, env: *mut TabObj) -> Result<*mut FuncObj, Raise> {
    // SAFETY: prototype and environment are live (callers); the cell has room for the upvalues.
    unsafe {
        let nup = (*pt).nup;
        let f: *mut FuncObj = alloc::alloc(vm, size_of::<FuncObj>() + nup as usize * 8, CellKind::Plain)?.cast();
        f.write(FuncObj { gct: objtype::FUNC, marked: 0, builtin: 0, nup, id: 0, pc: ProtoObj::bc(pt), env });
        Ok(f)
    }
}

/// Creates a Lua function whose upvalues are all new, closed and nil (a main function).
///
/// # Safety
/// Prototype and environment are live.
pub unsafe fn new_main(vm: &Vm, pt: *mut ProtoObj, env: *mut TabObj) -> Result<*mut FuncObj, Raise> {
    // SAFETY: as the caller says; nothing collects before all upvalues are there.
    unsafe {
        let f = new_lua(vm, pt, env)?;
        for i in 0..(*pt).nup as usize {
            let uv = new_closed(vm, Value::NIL)?;
            (*uv).immutable = UpvalDesc(*(*pt).uv.add(i)).is_immutable().into();
            *FuncObj::upvals(f).add(i) = uv;
        }
        Ok(f)
    }
}

/// Creates a closed upvalue.
pub fn new_closed(vm: &Vm, v: Value) -> Result<*mut UpvalObj, Raise> {
    let uv: *mut UpvalObj = alloc::alloc(vm, size_of::<UpvalObj>(), CellKind::Plain)?.cast();
    // SAFETY: the cell has the size of an upvalue.
    unsafe {
        uv.write(UpvalObj {
            gct: objtype::UPVAL,
            marked: 0,
            closed: 1,
            immutable: 0,
            pad: 0,
            v: &raw mut (*uv).tv,
            tv: v.0,
            next: ptr::null_mut(),
        });
    }
    Ok(uv)
}

/// Creates a closure of `pt` in the frame at `base` of function `parent`.
///
/// # Safety
/// All arguments are live; `base` is the frame of `parent`.
pub unsafe fn new_closure(
    vm: &Vm,
    pt: *mut ProtoObj,
    parent: *mut FuncObj,
    base: *mut u64,
) -> Result<*mut FuncObj, Raise> {
    // SAFETY: as the caller says; descriptors name slots of the frame or upvalues of the parent (verified bytecode).
    unsafe {
        let f = new_lua(vm, pt, (*parent).env)?;
        for i in 0..(*pt).nup as usize {
            let d = UpvalDesc(*(*pt).uv.add(i));
            *FuncObj::upvals(f).add(i) = if d.is_local() {
                let uv = stack::find_upvalue(vm, base.add(d.index().into()))?;
                (*uv).immutable = d.is_immutable().into();
                uv
            } else {
                *FuncObj::upvals(parent).add(d.index().into())
            };
        }
        Ok(f)
    }
}

/// Creates a closure of `pt` with these upvalues, as many as the prototype says.
///
/// # Safety
/// Prototype, environment and upvalues are live.
pub unsafe fn rebuild_closure(
    vm: &Vm,
    pt: *mut ProtoObj,
    env: *mut TabObj,
    upvals: impl Iterator<Item = Result<*mut UpvalObj, Raise>>,
) -> Result<*mut FuncObj, Raise> {
    // SAFETY: as the caller says; nothing collects before all upvalues are there.
    unsafe {
        let f = new_lua(vm, pt, env)?;
        for (i, uv) in upvals.take((*pt).nup.into()).enumerate() {
            *FuncObj::upvals(f).add(i) = uv?;
        }
        Ok(f)
    }
}

/// Creates a builtin with `nup` nil upvalues.
///
/// # Safety
/// `head` points at a static head instruction, `call` is what that head expects; `env` is live.
pub unsafe fn new_builtin(
    vm: &Vm,
    id: u32,
    head: *const u32,
    call: *const (),
    nup: u8,
    env: *mut TabObj,
) -> Result<*mut FuncObj, Raise> {
    let size = size_of::<BuiltinObj>() + nup as usize * 8;
    let f: *mut BuiltinObj = alloc::alloc(vm, size, CellKind::Plain)?.cast();
    // SAFETY: the cell has room for the upvalues.
    unsafe {
        f.write(BuiltinObj {
            func: FuncObj { gct: objtype::FUNC, marked: 0, builtin: 1, nup, id, pc: head, env },
            call,
        });
        for i in 0..nup as usize {
            *FuncObj::builtin_upvals(f.cast()).add(i) = tag::NIL_BITS;
        }
    }
    Ok(f.cast())
}

//! Prototypes and functions as heap objects.

use crate::object::{FuncObj, ProtoObj, TabObj};
use crate::vm::{Raise, Vm};
use bytecode::Chunk;

/// Loads a verified chunk: returns its main prototype. What it makes is unreachable until the caller roots it.
pub fn load(vm: &Vm, chunk: &Chunk) -> Result<*mut ProtoObj, Raise> {
    let _ = (vm, chunk);
    unimplemented!()
}

/// Creates a Lua function whose upvalues are all new, closed and nil (a main function).
///
/// # Safety
/// Prototype and environment are live.
pub unsafe fn new_main(vm: &Vm, pt: *mut ProtoObj, env: *mut TabObj) -> Result<*mut FuncObj, Raise> {
    let _ = (vm, pt, env);
    unimplemented!()
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
    let _ = (vm, pt, parent, base);
    unimplemented!()
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
    let _ = (vm, id, head, call, nup, env);
    unimplemented!()
}

//! Var stacks: creation, growth, upvalues.

use crate::object::{ThreadObj, UpvalObj};
use crate::vm::{Raise, Vm};

/// Slots a new stack has.
pub const START: u32 = 64;
/// Slots at most.
pub const MAX: u32 = 65500;
/// Slots behind `stack_max` that error handling may use.
pub const RESERVE: u32 = 200;

/// Creates a coroutine with an empty stack.
pub fn new_thread(vm: &Vm) -> Result<*mut ThreadObj, Raise> {
    let _ = vm;
    unimplemented!()
}

/// Makes sure that `need` slots fit above `from` in the running coroutine. Moves the stack: `vm.base`, `vm.top`, open upvalues
/// are corrected, other pointers into it are stale. Raises "stack overflow".
pub fn grow(vm: &mut Vm, from: *mut u64, need: u32) -> Result<(), Raise> {
    let _ = (vm, from, need);
    unimplemented!()
}

/// Returns the open upvalue for a slot of the running coroutine.
///
/// # Safety
/// `slot` is inside its stack.
pub unsafe fn find_upvalue(vm: &Vm, slot: *mut u64) -> Result<*mut UpvalObj, Raise> {
    let _ = (vm, slot);
    unimplemented!()
}

/// Closes all open upvalues of the running coroutine at `level` and above.
///
/// # Safety
/// `level` is inside its stack.
pub unsafe fn close_upvalues(vm: &Vm, level: *mut u64) {
    let _ = (vm, level);
    unimplemented!()
}

/// Makes sure that `need` slots above `from` are inside the running stack; grows it otherwise.
#[inline]
pub fn ensure(vm: &mut Vm, from: *mut u64, need: u32) -> Result<(), Raise> {
    if (vm.stack_max as usize).saturating_sub(from as usize) / 8 < need as usize {
        grow(vm, from, need)
    } else {
        Ok(())
    }
}

//! Var stacks: creation, growth, upvalues.
//!
//! A stack is a buffer of slots. Its first two are the frame of nobody: the coroutine itself and a link of 0.
//! Open upvalues point into the stack; each coroutine has them in a list, highest slot first, and a slot has at most one.
//!
//! Invariant: all slots hold valid values (new ones nil), the reserve behind `stack_max` included.

use crate::alloc::{self, CellKind};
use crate::gc;
use crate::object::{ThreadObj, UpvalObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::{costatus, objtype, tag};
use std::ptr;

/// Slots a new stack has.
pub const START: u32 = 32;
/// Slots at most.
pub const MAX: u32 = 65500;
/// Slots behind `stack_max` that error handling may use.
pub const RESERVE: u32 = 40;
/// Slots that a stack has once it overflowed, so that error handling gets on.
const MAX_OVERFLOWN: u32 = MAX + 4096;

/// Creates a coroutine with an empty stack.
pub fn new_thread(vm: &Vm) -> Result<*mut ThreadObj, Raise> {
    let size = START + RESERVE;
    let th: *mut ThreadObj = alloc::alloc(vm, size_of::<ThreadObj>(), CellKind::Plain)?.cast();
    let stack: *mut u64 = alloc::alloc(vm, size as usize * 8, CellKind::Plain)?.cast();
    // SAFETY: both cells are new and have the sizes needed.
    unsafe {
        for i in 1..size as usize {
            *stack.add(i) = tag::NIL_BITS;
        }
        *stack = Value::from_thread(th).0;
        *stack.add(1) = 0;
        th.write(ThreadObj {
            gct: objtype::THREAD,
            marked: 0,
            status: costatus::SUSPENDED,
            wrapped: 0,
            nested: 0,
            stack,
            stack_max: stack.add(START as usize),
            base: stack.add(2),
            top: stack.add(2),
            open_upvals: ptr::null_mut(),
            env: if vm.cur.is_null() { ptr::null_mut() } else { (*vm.cur).env },
            resumer: ptr::null_mut(),
            pc: ptr::null(),
            stack_size: size,
            listed: 0,
            multres: 0,
            depth: 0,
            pad2: 0,
        });
    }
    Ok(th)
}

/// Makes sure that `need` slots fit above `from` in the running coroutine. Moves the stack: `vm.base`, `vm.top`, open upvalues
/// are corrected, other pointers into it are stale. Raises "stack overflow"; an overflow while one is handled raises "error in
/// error handling".
#[cold]
pub fn grow(vm: &mut Vm, from: *mut u64, need: u32) -> Result<(), Raise> {
    // SAFETY: the running coroutine and its stack are live.
    unsafe {
        let th = vm.cur;
        let used = ((from as usize).saturating_sub((*th).stack as usize) / 8) as u32;
        let have = (*th).stack_size - RESERVE;
        let want = used.saturating_add(need);
        if want <= have {
            return Ok(());
        }
        if want <= MAX {
            return resize(vm, th, want.max(have.saturating_mul(2)).min(MAX));
        }
        if have > MAX {
            return Err(vm.raise_msg("error in error handling"));
        }
        resize(vm, th, MAX_OVERFLOWN)?;
        Err(vm.raise_msg("stack overflow"))
    }
}

/// Takes back the room that an overflow was granted, once the frames that needed it are gone. To be called where an error is
/// caught.
pub fn relimit(vm: &mut Vm) {
    // SAFETY: the running coroutine and its stack are live; its frames end at `top` or at the frame size above `base`.
    unsafe {
        let th = vm.cur;
        if (*th).stack_size - RESERVE > MAX {
            let used = gc::extent(vm, th).offset_from((*th).stack) as u32;
            if used < MAX - 256 && resize(vm, th, MAX).is_err() {
                // Without memory the larger stack stays.
            }
        }
    }
}

/// Gives a coroutine a stack of `slots` slots and the reserve.
pub(crate) unsafe fn resize(vm: &mut Vm, th: *mut ThreadObj, slots: u32) -> Result<(), Raise> {
    // SAFETY: the coroutine is live; what it uses fits the new size (callers).
    unsafe {
        let old = (*th).stack;
        let old_size = (*th).stack_size;
        let size = slots + RESERVE;
        let stack: *mut u64 = alloc::resize(vm, old.cast(), old_size as usize * 8, size as usize * 8)?.cast();
        for i in old_size as usize..size as usize {
            *stack.add(i) = tag::NIL_BITS;
        }
        let delta = (stack as isize).wrapping_sub(old as isize);
        let moved = |p: *mut u64| p.wrapping_byte_offset(delta);
        (*th).stack = stack;
        (*th).stack_size = size;
        (*th).stack_max = stack.add(slots as usize);
        (*th).base = moved((*th).base);
        (*th).top = moved((*th).top);
        let mut uv = (*th).open_upvals;
        while !uv.is_null() {
            (*uv).v = moved((*uv).v);
            uv = (*uv).next;
        }
        if th == vm.cur {
            vm.base = moved(vm.base);
            vm.top.set(moved(vm.top.get()));
            vm.stack_max = (*th).stack_max;
        }
        Ok(())
    }
}

/// Returns the open upvalue for a slot of the running coroutine.
///
/// # Safety
/// `slot` is inside its stack.
pub unsafe fn find_upvalue(vm: &Vm, slot: *mut u64) -> Result<*mut UpvalObj, Raise> {
    // SAFETY: the list holds live open upvalues.
    unsafe {
        let th = vm.cur;
        let mut link = &raw mut (*th).open_upvals;
        while !(*link).is_null() && (**link).v >= slot {
            if (**link).v == slot {
                return Ok(*link);
            }
            link = &raw mut (**link).next;
        }
        let uv: *mut UpvalObj = alloc::alloc(vm, size_of::<UpvalObj>(), CellKind::Plain)?.cast();
        uv.write(UpvalObj {
            gct: objtype::UPVAL,
            marked: 0,
            closed: 0,
            immutable: 0,
            pad: 0,
            v: slot,
            tv: tag::NIL_BITS,
            next: *link,
        });
        *link = uv;
        if (*th).listed == 0 {
            (*th).listed = 1;
            gc::list_thread(vm, th);
        }
        Ok(uv)
    }
}

/// Closes all open upvalues of the running coroutine at `level` and above.
///
/// # Safety
/// `level` is inside its stack.
pub unsafe fn close_upvalues(vm: &Vm, level: *mut u64) {
    // SAFETY: the list holds live open upvalues; the barrier follows the store.
    unsafe {
        let th = vm.cur;
        let mut uv = (*th).open_upvals;
        while !uv.is_null() && (*uv).v >= level {
            let next = (*uv).next;
            close(uv);
            gc::barrier_close(vm, uv);
            uv = next;
        }
        (*th).open_upvals = uv;
    }
}

/// Moves the variable into the upvalue.
pub(crate) unsafe fn close(uv: *mut UpvalObj) {
    // SAFETY: `uv` is live and open, so `v` is a slot of a stack (callers).
    unsafe {
        (*uv).tv = *(*uv).v;
        (*uv).v = &raw mut (*uv).tv;
        (*uv).closed = 1;
        (*uv).next = ptr::null_mut();
    }
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

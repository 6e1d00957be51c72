//! Calls that are not plain: `__call`, stack growth, builtins.

use crate::cx::{BuiltinFn, CALL_THEN, Cx, TAIL_CALL};
use crate::debug;
use crate::dispatch::{Step, function_of};
use abi::frame;
use abi::metamethod::Mm;
use heap::{BuiltinObj, Value, Vm, metatable, stack};

/// Slots a builtin may count on.
pub(crate) const MIN_STACK: u32 = 20;

/// Enters whatever is below `callee`, its link already in place, with `n` arguments; a value that is no function is called
/// through `__call`.
pub(crate) unsafe fn call_value(vm: &mut Vm, callee: *mut u64, n: u64) -> Step {
    // SAFETY: the frame is laid out up to its arguments; the reserve has room for one more.
    unsafe {
        let f = Value(*callee.sub(2));
        if !f.is_func() {
            let mo = metatable::lookup(vm, f, Mm::Call);
            if !mo.is_func() {
                if *callee.sub(1) & frame::TYPE_LUA == frame::LUA {
                    let at = callee.sub(2).offset_from(vm.base);
                    let _ = debug::call_error(vm, f, u8::try_from(at).ok());
                } else {
                    // No instruction of the program calls it.
                    let _ = debug::error_at(vm, 0, format!("attempt to call a {} value", f.type_name()).as_bytes());
                }
                return Step::Fail;
            }
            let mut i = n as usize;
            while i > 0 {
                *callee.add(i) = *callee.add(i - 1);
                i -= 1;
            }
            *callee = f.0;
            *callee.sub(2) = mo.0;
            vm.multres = n + 1;
        } else {
            vm.multres = n;
        }
        vm.base = callee;
        Step::Call
    }
}

/// Does the call that the builtin at `base` asks for with `ret`. A tail call is one of what is below the last values it pushed: its
/// frame becomes the callee's. Where that cannot be called, the builtin's caller is where it happens.
pub(crate) unsafe fn call_from_builtin(vm: &mut Vm, base: *mut u64, ret: u64) -> Step {
    let n = ret as u32;
    if ret & CALL_THEN != 0 {
        // SAFETY: the frame of the callee is laid out below its arguments, the last values.
        return unsafe { call_value(vm, vm.top.get().sub(n as usize), n.into()) };
    }
    // SAFETY: `base` is a builtin's frame with the callee and its arguments on top; a Lua link follows a CALL.
    unsafe {
        let from = vm.top.get().sub(n as usize + 1);
        let f = Value(*from);
        if !f.is_func() && !metatable::lookup(vm, f, Mm::Call).is_func() {
            let link = *base.sub(1);
            if link & frame::TYPE_LUA == frame::LUA {
                let pc = link as *const u32;
                let at = (*pc.sub(1) >> 8) as u8;
                vm.base = base.sub(2 + usize::from(at));
                vm.pc = pc;
                let _ = debug::call_error(vm, f, Some(at));
            } else {
                let _ = debug::error_at(vm, 0, format!("attempt to call a {} value", f.type_name()).as_bytes());
            }
            return Step::Fail;
        }
        *base.sub(2) = f.0;
        for i in 0..n as usize {
            base.add(i).write_volatile(*from.add(1 + i));
        }
        call_value(vm, base, n.into())
    }
}

/// Does a tail call of what is no function, from slot `from`.
pub(crate) unsafe fn tail_call(vm: &mut Vm, from: usize, n: u64) -> Step {
    // SAFETY: as in `call_value`; the argument that `__call` adds fits where the callee's link was.
    unsafe {
        let f = Value(*vm.base.add(from));
        let mo = metatable::lookup(vm, f, Mm::Call);
        if !mo.is_func() {
            let _ = debug::call_error(vm, f, Some(from as u8));
            return Step::Fail;
        }
        let args = vm.base.add(from + 2);
        let mut base = vm.base;
        let link = *base.sub(1);
        if link & frame::TYPE == frame::VARG {
            base = base.byte_sub((link & !frame::TYPE) as usize);
        }
        *base.sub(2) = mo.0;
        *base = f.0;
        for i in 0..n as usize {
            *base.add(1 + i) = *args.add(i);
        }
        vm.base = base;
        vm.multres = n + 1;
        Step::Call
    }
}

/// Makes room for a frame of `size` slots above `nargs` arguments of the frame at `vm.base`.
pub(crate) unsafe fn grow(vm: &mut Vm, nargs: u32, size: u32) -> Step {
    // SAFETY: `vm.base` is a frame whose arguments are in place.
    unsafe {
        let from = vm.base.add(nargs as usize);
        vm.top.set(from);
        match stack::grow(vm, from, size + 2) {
            Ok(()) => Step::Next,
            Err(_) => {
                // The error belongs to the caller of the function that found no room; its own frame is not set up yet.
                debug::overflow_at_entry(vm);
                Step::Fail
            }
        }
    }
}

/// Calls the Rust function of the builtin at `base`; returns the number of results below top, or -1 for an error.
#[inline(never)]
pub(crate) unsafe fn builtin(vm: *mut Vm, base: *mut u64, nargs: u32) -> i64 {
    // SAFETY: `base` is a builtin's frame with `nargs` arguments; no other reference to the machine is in use.
    unsafe {
        let vm = &mut *vm;
        let top = base.add(nargs as usize);
        vm.top.set(top);
        if top.add(MIN_STACK as usize) > vm.stack_max && stack::grow(vm, top, MIN_STACK).is_err() {
            debug::overflow_at_entry(vm);
            return -1;
        }
        let f = function_of(vm.base).cast::<BuiltinObj>();
        // SAFETY: a builtin's `call` is a `BuiltinFn` (load::new_builtin).
        let call: BuiltinFn = std::mem::transmute::<*const (), BuiltinFn>((*f).call);
        run_part(vm, call, nargs)
    }
}

/// Runs a builtin's function, or what it goes on with, in its frame; collects if it is time.
#[inline(always)]
fn run_part(vm: &mut Vm, call: BuiltinFn, nargs: u32) -> i64 {
    match call(&mut Cx::new(vm, nargs)) {
        Ok(ret) => {
            if vm.gc_due() && crate::call::collect(vm).is_err() {
                return -1;
            }
            ret.0 as i64
        }
        Err(_) => -1,
    }
}

/// What a builtin that goes on wants next.
pub(crate) enum Continued {
    /// Its last values, so many, are its results.
    Return(usize),
    /// Anything else.
    Step(Step),
}

/// Goes on with the builtin below the continuation frame at `vm.base`, which returns the `n` values at `from`.
#[inline(never)]
pub(crate) unsafe fn continue_builtin(vm: &mut Vm, from: *mut u64, n: usize) -> Continued {
    // SAFETY: the frame was laid out by `call::lay_out_continued`: the second word is a `BuiltinFn`.
    unsafe {
        let callee = vm.base;
        let to = callee.sub(4);
        let then = std::mem::transmute::<*const (), BuiltinFn>(std::ptr::with_exposed_provenance(*to.add(1) as usize));
        vm.base = callee.byte_sub((*callee.sub(1) & !frame::TYPE) as usize);
        let below = to.offset_from(vm.base) as u32;
        std::ptr::copy(from, to, n);
        let top = to.add(n);
        vm.top.set(top);
        if stack::ensure(vm, top, MIN_STACK).is_err() {
            return Continued::Step(Step::Fail);
        }
        match run_part(vm, then, below) {
            ..0 => Continued::Step(Step::Fail),
            ret if ret as u64 >= TAIL_CALL => {
                let base = vm.base;
                Continued::Step(call_from_builtin(vm, base, ret as u64))
            }
            n => Continued::Return(n as usize),
        }
    }
}

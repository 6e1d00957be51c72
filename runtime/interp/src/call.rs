//! Calls from native code into the interpreter, and what errors do to them.
//!
//! A native call lays out a frame whose link is a distance with the type `NATIVE` (or `NATIVE_PROTECTED`) and runs a nested loop
//! until that frame is returned from. Above a builtin's frame the distance is enough; above a Lua function's frame (hooks,
//! finalisers, error handlers) the function's program counter is kept below, as for a continuation.
//!
//! An error travels as `Step::Fail`: `unwind` finds who catches it. First the message handler of the innermost `xpcall` sees it, with all
//! frames still in place; then frames are dropped down to a `pcall`, to the bottom of the coroutine, or to native code, which
//! passes the error on.

use crate::control;
use crate::cx::BuiltinFn;
use crate::debug;
use crate::dispatch::{Step, function_of, run};
use crate::worker::ret::return_values;
use crate::worker::{call::MIN_STACK, frame_top};
use abi::frame::{self, Cont};
use abi::tag;
use heap::{Raise, Value, Vm, stack};

/// The message of an error that memory ran out.
const EXHAUSTED: &[u8] = b"not enough memory";

/// Deepest nesting of native calls.
const MAX_NATIVE_DEPTH: u32 = 195;

/// Distance of frames that have a message handler below their function.
const XPCALL_DISTANCE: u64 = 3 * 8;

/// Calls the function below the last `nargs` pushed values. Results replace both; returns their number.
pub(crate) fn call_native(vm: &mut Vm, nargs: u32, nresults: Option<u32>) -> Result<u32, Raise> {
    native(vm, nargs, nresults, frame::NATIVE)
}

/// Calls like [`call_native`] and catches errors: the error value is then pushed.
pub(crate) fn pcall_native(vm: &mut Vm, nargs: u32, nresults: Option<u32>) -> Result<Result<u32, ()>, Raise> {
    // SAFETY: a builtin's frame is below; the distance stays right when the stack moves.
    unsafe {
        let height = vm.top.get().offset_from(vm.base) as usize - nargs as usize - 1;
        match native(vm, nargs, nresults, frame::NATIVE_PROTECTED) {
            Ok(n) => Ok(Ok(n)),
            Err(_) => {
                let at = vm.base.add(height);
                *at = vm.error.get().0;
                vm.top.set(at.add(1));
                Ok(Err(()))
            }
        }
    }
}

fn native(vm: &mut Vm, nargs: u32, nresults: Option<u32>, kind: u64) -> Result<u32, Raise> {
    // SAFETY: function and arguments were pushed on a builtin's frame; `ensure` makes room for the link.
    unsafe {
        let top = vm.top.get();
        stack::ensure(vm, top, MIN_STACK)?;
        let top = vm.top.get();
        let func = top.sub(nargs as usize + 1);
        // One slot up, to make room for the link; few arguments without a library call.
        match nargs {
            1 => *func.add(2) = *func.add(1),
            2 => {
                *func.add(3) = *func.add(2);
                *func.add(2) = *func.add(1);
            }
            _ => std::ptr::copy(func.add(1), func.add(2), nargs as usize),
        }
        let callee = func.add(2);
        *func.add(1) = (callee.offset_from(vm.base) as u64) << 3 | kind;
        let step = crate::worker::call::call_value(vm, callee, nargs.into());
        enter_native(vm, step)?;
        let have = vm.multres as u32;
        let Some(want) = nresults else {
            let top = vm.top.get();
            stack::ensure(vm, top, MIN_STACK)?;
            return Ok(have);
        };
        let mut top = vm.top.get();
        for _ in have..want {
            *top = tag::NIL_BITS;
            top = top.add(1);
        }
        vm.top.set(if have > want { top.sub((have - want) as usize) } else { top });
        Ok(want)
    }
}

/// Calls the value in slot `f` of the running builtin with the values in slots `a` and `b`; says whether the first result is true.
pub(crate) fn call_predicate(vm: &mut Vm, f: u32, a: u32, b: u32) -> Result<bool, Raise> {
    // SAFETY: the slots exist (`Cx::call_predicate`); `ensure` makes room for the frame.
    unsafe {
        let top = vm.top.get();
        stack::ensure(vm, top, MIN_STACK)?;
        let (base, func) = (vm.base, vm.top.get());
        let height = func.offset_from(base);
        let (f, args) = (Value(*base.add(f as usize)), [*base.add(a as usize), *base.add(b as usize)]);
        if vm.native_depth < MAX_NATIVE_DEPTH {
            let thread = nest(vm);
            match crate::jit::call_head(vm, func, f, args) {
                crate::jit::Head::Returned(v) => {
                    unnest(vm, thread);
                    vm.top.set(vm.base.offset(height));
                    return Ok(Value(v).is_true());
                }
                crate::jit::Head::Left(step, done) => {
                    run_nested(vm, thread, step, done)?;
                    return Ok(take_predicate(vm, height));
                }
                crate::jit::Head::Not => unnest(vm, thread),
            }
        }
        let callee = func.add(2);
        *func = f.0;
        *func.add(1) = ((height + 2) as u64) << 3 | frame::NATIVE;
        *callee = args[0];
        *callee.add(1) = args[1];
        let step = if f.is_func() {
            vm.base = callee;
            vm.multres = 2;
            Step::Call
        } else {
            crate::worker::call::call_value(vm, callee, 2)
        };
        enter_native(vm, step)?;
        Ok(take_predicate(vm, height))
    }
}

/// Takes the results of a call from the end of a builtin's frame, which is at `height` again; says whether the first is true.
unsafe fn take_predicate(vm: &mut Vm, height: isize) -> bool {
    // SAFETY: the call has returned: its results are below `top`.
    unsafe {
        let yes = vm.multres > 0 && Value(*vm.top.get().sub(vm.multres as usize)).is_true();
        vm.top.set(vm.base.offset(height));
        yes
    }
}

/// Calls `func` with `args` above a running frame of any kind and drops all results but the first. Program counter and top
/// are as before afterwards.
pub(crate) fn call_above(vm: &mut Vm, top: *mut u64, func: Value, args: &[Value]) -> Result<Value, Raise> {
    above(vm, top, func, args, frame::NATIVE)
}

/// Calls like [`call_above`] and catches errors; message handlers of the program below do not see them.
pub(crate) fn pcall_above(vm: &mut Vm, top: *mut u64, func: Value, args: &[Value]) -> Result<Value, Raise> {
    above(vm, top, func, args, frame::NATIVE_PROTECTED)
}

fn above(vm: &mut Vm, top: *mut u64, func: Value, args: &[Value], kind: u64) -> Result<Value, Raise> {
    // SAFETY: `top` is the end of the running frame; the reserve has room for the few words.
    unsafe {
        let pc = vm.pc;
        let old_top = vm.top.get().offset_from(vm.base);
        let multres = vm.multres;
        *top = Cont::Hook as u64;
        *top.add(1) = pc as u64;
        *top.add(2) = func.0;
        let callee = top.add(4);
        *top.add(3) = (callee.offset_from(vm.base) as u64) << 3 | kind;
        for (i, v) in args.iter().enumerate() {
            *callee.add(i) = v.0;
        }
        let step = crate::worker::call::call_value(vm, callee, args.len() as u64);
        let result = enter_native(vm, step);
        let value = match &result {
            Ok(()) if vm.multres > 0 => Value(*vm.top.get().sub(vm.multres as usize)),
            _ => Value::NIL,
        };
        vm.pc = pc;
        vm.multres = multres;
        vm.top.set(vm.base.offset(old_top));
        result.map(|()| value)
    }
}

/// Makes a continuation frame of the function below the last `nargs` pushed values: once that returns, the running builtin goes
/// on with `then`.
pub(crate) fn lay_out_continued(vm: &mut Vm, nargs: u32, then: BuiltinFn) -> Result<(), Raise> {
    // SAFETY: function and arguments were pushed on a builtin's frame; `ensure` makes room for the three words.
    unsafe {
        let top = vm.top.get();
        stack::ensure(vm, top, MIN_STACK)?;
        let top = vm.top.get();
        let func = top.sub(nargs as usize + 1);
        let callee = func.add(4);
        std::ptr::copy(func.add(1), callee, nargs as usize);
        *func.add(2) = *func;
        *func.add(3) = (callee.offset_from(vm.base) as u64) << 3 | frame::CONT;
        *func = Cont::Builtin as u64;
        *func.add(1) = (then as *const ()).expose_provenance() as u64;
        vm.top.set(callee.add(nargs as usize));
    }
    Ok(())
}

/// Says whether the frame at `base` returns to a builtin that goes on with its results.
pub(crate) unsafe fn is_continued(base: *mut u64) -> bool {
    // SAFETY: `base` is a frame; a continuation's has two words below its function.
    unsafe { *base.sub(1) & frame::TYPE == frame::CONT && *base.sub(4) == Cont::Builtin as u64 }
}

fn enter_native(vm: &mut Vm, step: Step) -> Result<(), Raise> {
    if step == Step::Fail {
        // The callee's frame was not entered.
        return Err(vm.reraise());
    }
    if vm.native_depth >= MAX_NATIVE_DEPTH + if vm.in_handler { 20 } else { 0 } {
        // SAFETY: the frame that was just laid out is a native one; it is dropped again.
        unsafe {
            let callee = vm.base;
            vm.base = callee.byte_sub((*callee.sub(1) & !frame::TYPE) as usize);
            vm.top.set(callee.sub(2));
        }
        let _ = debug::error_here(vm, b"C stack overflow");
        return Err(vm.reraise());
    }
    let thread = nest(vm);
    let mut step = step;
    let mut done = false;
    if step == Step::Call {
        // SAFETY: the callee's frame is laid out.
        (step, done) = unsafe { crate::jit::run_head(vm) };
    }
    run_nested(vm, thread, step, done)
}

/// Native code calls: one more level of it. Returns the coroutine that it runs in.
#[inline(always)]
fn nest(vm: &mut Vm) -> *mut heap::ThreadObj {
    vm.native_depth += 1;
    // SAFETY: the running coroutine is live while it has a frame.
    unsafe { (*vm.cur).nested += 1 };
    vm.cur
}

#[inline(always)]
fn unnest(vm: &mut Vm, thread: *mut heap::ThreadObj) {
    // SAFETY: returning to this native frame means its coroutine runs again.
    unsafe { (*thread).nested -= 1 };
    vm.native_depth -= 1;
}

/// Runs from `step` until native code that has called is returned to, which may have happened already (`done`).
fn run_nested(vm: &mut Vm, thread: *mut heap::ThreadObj, mut step: Step, done: bool) -> Result<(), Raise> {
    let ok = loop {
        if done || step != Step::Fail && run(vm, step) {
            break true;
        }
        step = unwind(vm);
        if step == Step::Fail {
            break false;
        }
    };
    unnest(vm, thread);
    if ok { Ok(()) } else { Err(vm.reraise()) }
}

/// Finds who catches the pending error and drops the frames above. `Fail`: native code has to pass it on.
pub(crate) fn unwind(vm: &mut Vm) -> Step {
    crate::jit::stop_recording(vm, abi::abort::Abort::Error);
    if !vm.handled.get() {
        if vm.bare.get() {
            // The heap raised it, which knows no positions.
            let message = vm.error.get();
            if let Some(s) = message.as_str() {
                // SAFETY: the pending error is a root.
                let text = unsafe { heap::StrObj::bytes(s) }.to_vec();
                let _ = debug::error_here(vm, &text);
            }
        }
        call_handler(vm);
        vm.handled.set(true);
    }
    // SAFETY: walks the frames of the running coroutine by their links.
    unsafe {
        let (mut from, mut top, mut pc) = (vm.base, frame_top(vm), vm.pc);
        loop {
            let base = vm.base;
            let link = *base.sub(1);
            if link & frame::TYPE_LUA == frame::LUA {
                let call = *(link as *const u32).sub(1);
                vm.base = base.sub(2 + (call >> 8) as u8 as usize);
                continue;
            }
            let previous = base.byte_sub((link & !frame::TYPE) as usize);
            match link & frame::TYPE {
                frame::PCALL => {
                    stack::close_upvalues(vm, base);
                    vm.base = previous;
                    *previous = tag::FALSE_BITS;
                    *previous.add(1) = vm.error.get().0;
                    vm.error.set(Value::NIL);
                    vm.top.set(previous.add(2));
                    stack::relimit(vm);
                    if Value(*vm.top.get().sub(1)).as_str().is_some_and(|s| heap::StrObj::bytes(s) == EXHAUSTED) {
                        // What the failed call held is free before the program goes on.
                        vm.collect_full();
                    }
                    let previous = vm.base;
                    return return_values(vm, previous, 2);
                }
                frame::NATIVE | frame::NATIVE_PROTECTED => {
                    stack::close_upvalues(vm, base);
                    vm.base = previous;
                    vm.top.set(base.sub(2));
                    if link & frame::TYPE == frame::NATIVE_PROTECTED {
                        stack::relimit(vm);
                    }
                    return Step::Fail;
                }
                frame::COROUTINE => {
                    stack::close_upvalues(vm, base);
                    match control::fail_coroutine(vm, from, top, pc) {
                        control::Failed::Deliver(from, n) => return return_values(vm, from, n),
                        control::Failed::Raise => {
                            call_handler(vm);
                            vm.handled.set(true);
                            (from, top, pc) = (vm.base, frame_top(vm), vm.pc);
                        }
                    }
                }
                _ => vm.base = previous,
            }
        }
    }
}

/// Lets the message handler of the innermost `xpcall`, if that is what catches the error, replace the error value.
fn call_handler(vm: &mut Vm) {
    // SAFETY: walks the frames of the running coroutine by their links.
    unsafe {
        let mut base = vm.base;
        let handler = loop {
            let link = *base.sub(1);
            if link & frame::TYPE_LUA == frame::LUA {
                let call = *(link as *const u32).sub(1);
                base = base.sub(2 + (call >> 8) as u8 as usize);
                continue;
            }
            let distance = link & !frame::TYPE;
            match link & frame::TYPE {
                frame::PCALL if distance == XPCALL_DISTANCE => break Value(*base.sub(3)),
                frame::PCALL | frame::NATIVE_PROTECTED | frame::COROUTINE => return,
                _ => base = base.byte_sub(distance as usize),
            }
            if base <= (*vm.cur).stack.add(2) {
                return;
            }
        };
        if vm.in_handler || !handler.is_func() {
            vm.error.set(error_in_error(vm));
            return;
        }
        vm.in_handler = true;
        let top = frame_top(vm);
        let error = vm.error.get();
        let result = call_above(vm, top, handler, &[error]);
        vm.in_handler = false;
        match result {
            Ok(v) => vm.error.set(v),
            Err(_) => vm.error.set(error_in_error(vm)),
        }
    }
}

fn error_in_error(vm: &Vm) -> Value {
    match vm.str(b"error in error handling") {
        Ok(s) => s.val().raw(),
        Err(_) => vm.error.get(),
    }
}

/// Collects, then calls the finalisers that became due.
#[cold]
pub(crate) fn collect(vm: &mut Vm) -> Result<(), Raise> {
    // SAFETY: the running frame is in the machine; a builtin's results are below top.
    unsafe {
        if (*function_of(vm.base)).builtin == 0 {
            vm.top.set(frame_top(vm));
        }
        vm.safepoint();
        run_finalizers(vm)
    }
}

/// Calls the finalisers that are due.
pub(crate) fn run_finalizers(vm: &mut Vm) -> Result<(), Raise> {
    while let Some(u) = vm.next_finalizer() {
        // SAFETY: the collector hands out live userdata.
        unsafe {
            let value = Value::from_udata(u);
            let mo = heap::metatable::lookup(vm, value, abi::metamethod::Mm::Gc);
            if !mo.is_func() {
                continue;
            }
            crate::jit::stop_recording(vm, abi::abort::Abort::Hook);
            let top = frame_top(vm);
            call_above(vm, top, mo, &[value])?;
        }
    }
    Ok(())
}

/// Rounds of finalisers at the end of the program: each may leave new userdata to the next.
const CLOSING_ROUNDS: u32 = 10;

/// Calls the finalisers of all userdata at the end of the program, also of what they create; their errors are dropped.
pub fn close(vm: &mut Vm) {
    for _ in 0..CLOSING_ROUNDS {
        vm.finalize_all();
        let mut any = false;
        while let Some(u) = vm.next_finalizer() {
            any = true;
            // SAFETY: as in `run_finalizers`; nothing else runs.
            unsafe {
                let value = Value::from_udata(u);
                let mo = heap::metatable::lookup(vm, value, abi::metamethod::Mm::Gc);
                let top = frame_top(vm);
                if mo.is_func() {
                    let _ = call_above(vm, top, mo, &[value]);
                }
            }
        }
        if !any {
            break;
        }
    }
}

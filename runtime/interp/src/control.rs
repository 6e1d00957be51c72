//! The builtins that change frames: `error`, `pcall`, `xpcall` and coroutines.
//!
//! A protected call turns its own arguments into the callee's frame, with a link of type `PCALL`; the message handler of `xpcall` lies
//! below the function. A coroutine has a stack of its own; resuming and yielding only switch `vm.cur`, so no native stack is
//! involved, and a yield crosses anything but native calls.
//!
//! Invariant: the frame of a coroutine that does not run is that of the builtin it waits in (`resume`, `yield`), or its bottom
//! frame if it has not started; `ThreadObj::top` is its end.

use crate::cx::{Cx, Ret};
use crate::debug;
use crate::dispatch::{Step, function_of};
use crate::worker::call::{MIN_STACK, call_value};
use crate::worker::ret::return_values;
use abi::builtins::number;
use abi::{costatus, frame, tag};
use heap::{FuncObj, Raise, ThreadObj, Val, Value, Vm, stack};

/// Deepest nesting of coroutines that resume each other.
const MAX_RESUMES: u32 = 10_000;

/// Leaves the coroutine `$from`, whose frame is `$base`, for `$to`, which waits in the frame `$at` for the results of the Lua call before
/// `$pc`: these are the `$n` values from `$values` on, the end of that frame, with `true` before them if `$lead`. The call's operand `$want`
/// is one more than the results it takes; 0 takes all of them, as `$all` says.
macro_rules! switch_to_call {
    ($from:expr, $base:expr, $to:expr, $at:expr, $pc:expr, $want:expr, $lead:literal, $values:expr, $n:expr, $all:literal, $vm:expr) => {{
        let (from, to): (*mut ThreadObj, *mut ThreadObj) = ($from, $to);
        let (at, values, pc): (*mut u64, *mut u64, *const u32) = ($at, $values, $pc);
        let n: usize = $n;
        (*from).base = $base;
        (*from).top = values.add(n);
        (*$vm).cur = to;
        (*$vm).base = at;
        (*$vm).top.set(at);
        (*$vm).stack_max = (*to).stack_max;
        let n = n as isize;
        let mut left = $want as isize - 1;
        if $all {
            left = n + isize::from($lead);
            (*$vm).multres = left as u64;
        }
        let mut slot = at.sub(2);
        if $lead {
            // If no result is wanted, this was the function's slot.
            *slot = tag::TRUE_BITS;
            slot = slot.add(1);
            left -= 1;
        }
        while left > n {
            std::hint::cold_path();
            left = crate::dispatch::opaque(left as usize - 1) as isize;
            slot.offset(left).write_volatile(tag::NIL_BITS);
        }
        // Volatile: the few copies are faster than a call of memmove.
        let mut i = 0;
        while i < left {
            slot.offset(i).write_volatile(*values.offset(i));
            i = crate::dispatch::opaque(i as usize + 1) as isize;
        }
        next_in_caller!(at, pc, $vm)
    }};
}

/// Says whether the call that the coroutine `$to` waits in takes all values or not, as `$all` says; its operand is `$want`. Whoever takes
/// all needs room for `$n` behind its frame, which is `$at`; the results of other calls are in the caller's frame.
macro_rules! can_take {
    ($to:expr, $at:expr, $want:expr, $n:expr, $all:literal) => {
        if $all { $want == 0 && $at.add($n + MIN_STACK as usize) <= (*$to).stack_max } else { $want != 0 }
    };
}

/// Resumes `$co` with `$n` values from `$args` on, if it waits in a `yield` that Lua code called, for all values or not, as `$all` says; goes
/// on behind itself otherwise.
macro_rules! resume_waiting {
    ($co:expr, $wrapped:expr, $base:expr, $args:expr, $n:expr, $all:literal, $vm:expr) => {{
        let co: *mut ThreadObj = $co;
        if (*co).status == costatus::SUSPENDED {
            let at = (*co).base;
            // The link of one that has not started is another.
            let link = *at.sub(1);
            let pc = link as *const u32;
            let resumer = (*$vm).cur;
            if link & frame::TYPE_LUA == frame::LUA && (*resumer).depth < MAX_RESUMES {
                let want = load_b!(pc);
                if can_take!(co, at, want, $n, $all) {
                    (*co).status = costatus::RUNNING;
                    (*co).wrapped = $wrapped;
                    (*co).resumer = resumer;
                    (*co).depth = (*resumer).depth + 1;
                    (*resumer).status = costatus::NORMAL;
                    switch_to_call!(resumer, $base, co, at, pc, want, false, $args, $n, $all, $vm)
                }
            }
        }
    }};
}

/// Yields `$n` values to the resumer, if it waits in a call of Lua code, for all values or not, as `$all` says; goes on behind itself
/// otherwise.
macro_rules! yield_to_waiting {
    ($base:expr, $n:expr, $all:literal, $vm:expr) => {{
        let co = (*$vm).cur;
        let resumer = (*co).resumer;
        if !resumer.is_null() && (*co).nested == 0 {
            let at = (*resumer).base;
            let link = *at.sub(1);
            let pc = link as *const u32;
            if link & frame::TYPE_LUA == frame::LUA {
                let want = load_b!(pc);
                if can_take!(resumer, at, want, $n, $all) {
                    (*co).status = costatus::SUSPENDED;
                    (*co).resumer = std::ptr::null_mut();
                    (*resumer).status = costatus::RUNNING;
                    if (*co).wrapped == 0 {
                        switch_to_call!(co, $base, resumer, at, pc, want, true, $base, $n, $all, $vm)
                    }
                    switch_to_call!(co, $base, resumer, at, pc, want, false, $base, $n, $all, $vm)
                }
            }
        }
    }};
}

handlers! {
    /// Head of `pcall`.
    #[inline(never)]
    fn head_pcall(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        let f = *base ^ (tag::FUNC << tag::SHIFT);
        if n != 0 && f >> tag::SHIFT == 0 && base.add(n + MIN_STACK as usize) <= (*vm).stack_max {
            // One slot up, to make room for the link.
            let mut i = n;
            while i > 1 {
                base.add(i).write_volatile(*base.add(i - 1));
                i -= 1;
            }
            *base.add(1) = 2 << 3 | frame::PCALL;
            let pc = (*(f as *const FuncObj)).pc;
            let insn = *pc;
            let h = *vm.cast::<heap::vm::Handler>().add((insn & 0xff) as usize);
            jump!(h, base.add(2), pc.add(1), u64::from(insn) | (n as u64 - 1) << 32, vm, k)
        }
        jump!(pcall_other, base, pc, insn, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn pcall_other(base, _pc, insn, vm, _k) {
        (*vm).base = base;
        go!(protect(&mut *vm, (insn >> 32) as usize, false), vm)
    }
    /// Head of `xpcall`.
    #[inline(never)]
    fn head_xpcall(base, _pc, insn, vm, _k) {
        (*vm).base = base;
        go!(protect(&mut *vm, (insn >> 32) as usize, true), vm)
    }
    /// Head of `coroutine.resume`.
    #[inline(never)]
    fn head_resume(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        let co = *base ^ (tag::THREAD << tag::SHIFT);
        if co >> tag::SHIFT != 0 || n == 0 {
            std::hint::cold_path();
            jump!(resume_other, base, pc, insn, vm, k)
        }
        resume_waiting!(co as *mut ThreadObj, 0, base, base.add(1), n - 1, false, vm);
        jump!(resume_for_all, base, pc, insn, vm, k)
    }
    /// Resumes the coroutine in slot 0.
    #[inline(never)]
    fn resume_for_all(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        let co = (*base & tag::PTR_MASK) as *mut ThreadObj;
        resume_waiting!(co, 0, base, base.add(1), n - 1, true, vm);
        jump!(resume_other, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn resume_other(base, _pc, insn, vm, _k) {
        (*vm).base = base;
        (*vm).top.set(base.add((insn >> 32) as usize));
        go!(resume(&mut *vm, (insn >> 32) as usize, false), vm)
    }
    /// Head of the functions that `coroutine.wrap` makes.
    #[inline(never)]
    fn head_wrap_aux(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        let co = *FuncObj::builtin_upvals(function_of(base)) ^ (tag::THREAD << tag::SHIFT);
        if co >> tag::SHIFT != 0 {
            jump!(wrap_aux_other, base, pc, insn, vm, k)
        }
        resume_waiting!(co as *mut ThreadObj, 1, base, base, n, false, vm);
        jump!(wrap_aux_for_all, base, pc, insn, vm, k)
    }
    /// Resumes the coroutine in the builtin's upvalue.
    #[inline(never)]
    fn wrap_aux_for_all(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        let co = (*FuncObj::builtin_upvals(function_of(base)) & tag::PTR_MASK) as *mut ThreadObj;
        resume_waiting!(co, 1, base, base, n, true, vm);
        jump!(wrap_aux_other, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn wrap_aux_other(base, _pc, insn, vm, _k) {
        (*vm).base = base;
        (*vm).top.set(base.add((insn >> 32) as usize));
        go!(resume(&mut *vm, (insn >> 32) as usize, true), vm)
    }
    /// Head of `coroutine.yield`.
    #[inline(never)]
    fn head_yield(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        yield_to_waiting!(base, n, false, vm);
        jump!(yield_to_all, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn yield_to_all(base, pc, insn, vm, k) {
        let n = (insn >> 32) as usize;
        yield_to_waiting!(base, n, true, vm);
        jump!(yield_other, base, pc, insn, vm, k)
    }
    #[inline(never)]
    fn yield_other(base, _pc, insn, vm, _k) {
        (*vm).base = base;
        (*vm).top.set(base.add((insn >> 32) as usize));
        go!(yield_values(&mut *vm, (insn >> 32) as usize), vm)
    }
}

/// Turns the arguments of `pcall(f, …)` or `xpcall(f, handler, …)` into a frame of `f`.
unsafe fn protect(vm: &mut Vm, nargs: usize, with_handler: bool) -> Step {
    // SAFETY: the frame holds `nargs` arguments; room for one more slot is in the reserve.
    unsafe {
        let needed = 1 + usize::from(with_handler);
        vm.top.set(vm.base.add(nargs));
        if nargs == 0 {
            let _ = debug::arg_error(vm, 0, "value expected");
            return Step::Fail;
        }
        if with_handler {
            let handler = if nargs > 1 { Some(Value(*vm.base.add(1))) } else { None };
            if !handler.is_some_and(Value::is_func) {
                let got = handler.map_or("no value", Value::type_name);
                let _ = debug::arg_error(vm, 1, &format!("function expected, got {got}"));
                return Step::Fail;
            }
        }
        if vm.base.add(nargs + MIN_STACK as usize) > vm.stack_max {
            let top = vm.base.add(nargs);
            if stack::grow(vm, top, MIN_STACK).is_err() {
                debug::overflow_at_entry(vm);
                return Step::Fail;
            }
        }
        let base = vm.base;
        if with_handler {
            let (f, handler) = (*base, *base.add(1));
            *base = handler;
            *base.add(1) = f;
        }
        let callee = base.add(needed + 1);
        std::ptr::copy(base.add(needed), callee, nargs - needed);
        *callee.sub(1) = (callee.offset_from(base) as u64) << 3 | frame::PCALL;
        let f = Value(*callee.sub(2));
        if !f.is_func() && !heap::metatable::lookup(vm, f, abi::metamethod::Mm::Call).is_func() {
            // The error is caught by this very frame: it needs a function to stand in for.
            let message = format!("attempt to call a {} value", f.type_name());
            if vm.str(message.as_bytes()).map(|s| vm.raise_val(s.val())).is_ok() {
                *callee.sub(2) = *base.sub(2);
                vm.base = callee;
                vm.top.set(callee);
            }
            return Step::Fail;
        }
        call_value(vm, callee, (nargs - needed) as u64)
    }
}

unsafe fn return_message(vm: &mut Vm, message: &str) -> Step {
    // SAFETY: a builtin's frame has room for two values.
    unsafe {
        match vm.str(message.as_bytes()).map(|s| s.val().raw()) {
            Ok(text) => {
                *vm.base = tag::FALSE_BITS;
                *vm.base.add(1) = text.0;
                let from = vm.base;
                return_values(vm, from, 2)
            }
            Err(_) => Step::Fail,
        }
    }
}

/// Makes `to` the running coroutine.
unsafe fn switch(vm: &mut Vm, to: *mut ThreadObj) {
    crate::jit::stop_recording(vm, abi::abort::Abort::Coroutine);
    // SAFETY: both coroutines are live; the frame of the running one is in the machine.
    unsafe {
        let from = vm.cur;
        (*from).base = vm.base;
        (*from).top = vm.top.get();
        vm.cur = to;
        vm.base = (*to).base;
        vm.top.set((*to).top);
        vm.stack_max = (*to).stack_max;
    }
}

/// Resumes the coroutine in slot 0 (or in the builtin's upvalue) with the other arguments.
unsafe fn resume(vm: &mut Vm, nargs: usize, wrapped: bool) -> Step {
    // SAFETY: the frame holds `nargs` arguments; a coroutine's saved frame is as the module invariant says.
    unsafe {
        let base = vm.base;
        let (co, args, n) = if wrapped {
            let f = function_of(base);
            (Value(*FuncObj::builtin_upvals(f)).as_thread(), base, nargs)
        } else {
            let co = if nargs > 0 { Value(*base).as_thread() } else { None };
            (co, base.add(1), nargs.saturating_sub(1))
        };
        let Some(co) = co else {
            let _ = debug::arg_error(vm, 0, "coroutine expected");
            return Step::Fail;
        };
        let problem = match (*co).status {
            costatus::SUSPENDED if (*vm.cur).depth >= MAX_RESUMES => Some("C stack overflow"),
            costatus::SUSPENDED => None,
            costatus::DEAD => Some("cannot resume dead coroutine"),
            _ => Some("cannot resume running coroutine"),
        };
        if let Some(message) = problem {
            if wrapped {
                let _ = debug::error_at(vm, 1, message.as_bytes());
                return Step::Fail;
            }
            return return_message(vm, message);
        }
        let resumer = vm.cur;
        (*co).resumer = resumer;
        (*co).wrapped = u8::from(wrapped);
        (*co).depth = (*resumer).depth + 1;
        (*resumer).status = costatus::NORMAL;
        (*co).status = costatus::RUNNING;
        switch(vm, co);
        let first = (*co).pc.is_null();
        // The values arrive above the frame that waits.
        let at = vm.base;
        vm.top.set(at);
        if stack::ensure(vm, at, n as u32 + MIN_STACK).is_err() {
            vm.base = (*co).base;
            switch(vm, resumer);
            (*co).status = costatus::SUSPENDED;
            (*resumer).status = costatus::RUNNING;
            return Step::Fail;
        }
        let at = vm.base;
        std::ptr::copy_nonoverlapping(args, at, n);
        vm.top.set(at.add(n));
        if first {
            // Any other value: the coroutine has started.
            (*co).pc = std::ptr::NonNull::<u32>::dangling().as_ptr();
            call_value(vm, at, n as u64)
        } else {
            return_values(vm, at, n)
        }
    }
}

/// Switches back to the coroutine that resumed the running one; copies `n` values from `from` into its frame, behind
/// `true` where `resume` wants it. Returns where they are and how many.
unsafe fn deliver(
    vm: &mut Vm,
    from: *mut u64,
    n: usize,
    status: u8,
    success: bool,
) -> Result<(*mut u64, usize), Raise> {
    // SAFETY: the resumer waits in the frame of `resume` or of a wrapped function.
    unsafe {
        let co = vm.cur;
        let resumer = (*co).resumer;
        (*co).status = status;
        (*co).resumer = std::ptr::null_mut();
        switch(vm, resumer);
        (*resumer).status = costatus::RUNNING;
        let wrapped = (*co).wrapped != 0;
        let at = vm.base;
        vm.top.set(at);
        stack::ensure(vm, at, n as u32 + MIN_STACK)?;
        let at = vm.base;
        let lead = usize::from(!wrapped);
        std::ptr::copy_nonoverlapping(from, at.add(lead), n);
        if !wrapped {
            *at = Value::from_bool(success).0;
        }
        vm.top.set(at.add(lead + n));
        Ok((at, lead + n))
    }
}

/// The running coroutine has returned `n` values: delivers them to its resumer.
pub(crate) unsafe fn finish_coroutine(vm: &mut Vm, from: *mut u64, n: usize) -> Result<(*mut u64, usize), Raise> {
    // SAFETY: see `deliver`.
    unsafe { deliver(vm, from, n, costatus::DEAD, true) }
}

/// What becomes of an error that no frame of a coroutine caught.
pub(crate) enum Failed {
    /// `resume` returns these values.
    Deliver(*mut u64, usize),
    /// The error goes on in the resumer, which runs again.
    Raise,
}

/// The running coroutine has failed.
/// `base`, `top` and `pc` are of the frame that failed: a traceback of the dead coroutine starts there.
pub(crate) unsafe fn fail_coroutine(vm: &mut Vm, base: *mut u64, top: *mut u64, pc: *const u32) -> Failed {
    // SAFETY: see `deliver`.
    unsafe {
        let error = vm.error.get();
        let co = vm.cur;
        vm.base = base;
        vm.top.set(top);
        (*co).pc = pc;
        let value = error.0;
        match deliver(vm, &raw const value as *mut u64, 1, costatus::DEAD, false) {
            Ok((at, n)) if (*co).wrapped == 0 => {
                vm.error.set(Value::NIL);
                Failed::Deliver(at, n)
            }
            Ok(_) => {
                vm.top.set(vm.base);
                // A text gets the position of the caller, as any library error.
                if let Some(s) = error.as_str() {
                    let text = heap::StrObj::bytes(s).to_vec();
                    let _ = debug::error_at(vm, 1, &text);
                } else {
                    vm.handled.set(false);
                }
                Failed::Raise
            }
            Err(_) => Failed::Raise,
        }
    }
}

unsafe fn yield_values(vm: &mut Vm, n: usize) -> Step {
    // SAFETY: the frame holds `n` arguments.
    unsafe {
        let co = vm.cur;
        if (*co).resumer.is_null() || (*co).nested > 0 {
            let _ = debug::error_at(vm, 1, b"attempt to yield across C-call boundary");
            return Step::Fail;
        }
        let from = vm.base;
        match deliver(vm, from, n, costatus::SUSPENDED, true) {
            Ok((from, n)) => return_values(vm, from, n),
            Err(_) => Step::Fail,
        }
    }
}

/// `error(message [, level])`
pub(crate) fn error(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let level = cx.opt_int(1, 1)?;
    if level > 0 && (cx.arg(0).as_str().is_some() || cx.arg(0).as_num().is_some()) {
        return Err(debug::error_at(cx.vm(), level as u32, cx.check_str(0)?.bytes()));
    }
    Err(cx.vm().raise_val(cx.arg(0)))
}

fn new_coroutine(cx: &mut Cx<'_>) -> Result<*mut ThreadObj, Raise> {
    let f = cx.check_func(0)?.raw();
    let co = stack::new_thread(cx.vm())?;
    // SAFETY: a new stack has room for the bottom frame; the function is live.
    unsafe {
        let bottom = (*co).stack;
        *bottom = Value::from_func(f).0;
        *bottom.add(1) = frame::COROUTINE;
        (*co).base = bottom.add(2);
        (*co).top = bottom.add(2);
        (*co).pc = std::ptr::null();
        (*co).status = costatus::SUSPENDED;
    }
    Ok(co)
}

/// `coroutine.create(f)`
pub(crate) fn co_create(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let co = new_coroutine(cx)?;
    // SAFETY: just made.
    cx.ret(unsafe { Val::from_raw(Value::from_thread(co)) })
}

/// `coroutine.wrap(f)`
pub(crate) fn co_wrap(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let co = new_coroutine(cx)?;
    // SAFETY: just made; pushed before anything else is allocated.
    let thread = unsafe { Val::from_raw(Value::from_thread(co)) };
    let f = crate::load::new_builtin(cx.vm(), const { number("coroutine.wrap_aux") }, no_body, 1)?;
    f.set_upvalue(cx.vm(), 0, thread);
    cx.ret(f.val())
}

/// Stands for the body of builtins whose head does everything.
pub(crate) fn no_body(_: &mut Cx<'_>) -> Result<Ret, Raise> {
    unreachable!("the head of this builtin does not call it")
}

/// `coroutine.status(co)`
pub(crate) fn co_status(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let Some(co) = cx.arg(0).as_thread() else { return Err(cx.arg_error(0, "coroutine expected")) };
    // SAFETY: the handle's coroutine is live.
    let status = unsafe { (*co.raw()).status };
    cx.ret_str(match status {
        costatus::SUSPENDED => b"suspended",
        costatus::RUNNING => b"running",
        costatus::NORMAL => b"normal",
        _ => b"dead",
    })
}

/// `coroutine.running()`
pub(crate) fn co_running(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let vm = cx.vm();
    if vm.cur == vm.main {
        return cx.ret(Val::NIL);
    }
    cx.ret(debug::current_thread(vm).val())
}

/// `coroutine.isyieldable()`
pub(crate) fn co_isyieldable(cx: &mut Cx<'_>) -> Result<Ret, Raise> {
    let vm = cx.vm();
    // SAFETY: the running coroutine is live.
    let yes = unsafe { !(*vm.cur).resumer.is_null() && (*vm.cur).nested == 0 };
    cx.ret(Val::bool(yes))
}

/// Registers `error`, `pcall`, `xpcall` and the table `coroutine`.
pub fn open(vm: &mut Vm) -> Result<(), Raise> {
    let vm = &*vm;
    let globals = vm.globals();
    let new = |number, body| crate::load::new_builtin(vm, number, body, 0).map(|f| f.val());
    globals.set_name(vm, "error", new(const { number("error") }, error)?)?;
    globals.set_name(vm, "pcall", new(const { number("pcall") }, no_body)?)?;
    globals.set_name(vm, "xpcall", new(const { number("xpcall") }, no_body)?)?;
    let lib = vm.new_table(0, 8)?;
    globals.set_name(vm, "coroutine", lib.val())?;
    lib.set_name(vm, "create", new(const { number("coroutine.create") }, co_create)?)?;
    lib.set_name(vm, "isyieldable", new(const { number("coroutine.isyieldable") }, co_isyieldable)?)?;
    lib.set_name(vm, "resume", new(const { number("coroutine.resume") }, no_body)?)?;
    lib.set_name(vm, "running", new(const { number("coroutine.running") }, co_running)?)?;
    lib.set_name(vm, "status", new(const { number("coroutine.status") }, co_status)?)?;
    lib.set_name(vm, "wrap", new(const { number("coroutine.wrap") }, co_wrap)?)?;
    lib.set_name(vm, "yield", new(const { number("coroutine.yield") }, no_body)?)?;
    let loaded = vm.registry().get_name(vm, "_LOADED")?;
    if let Some(loaded) = loaded.as_tab() {
        loaded.set_name(vm, "coroutine", lib.val())?;
    }
    Ok(())
}

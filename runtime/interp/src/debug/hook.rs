//! Hooks and interruption: while either is wanted, every entry of the dispatch table is one handler that looks first.
//!
//! So a program without hooks pays nothing. A hook function runs above the frame it interrupts, as a native call; the
//! interrupted instruction runs afterwards by its own handler.

use crate::call::call_above;
use crate::dispatch::{Step, function_of, proto_of};
use crate::jit;
use crate::ops::HANDLERS;
use crate::worker::call as calls;
use abi::abort::Abort;
use abi::tag;
use bytecode::{Ins, Op};
use heap::vm::hookmask;
use heap::{Func, ProtoObj, Raise, Val, Value, Vm};
use std::sync::atomic::Ordering;

handlers! {
    /// Looks for events before the instruction, then runs it.
    #[inline(never)]
    fn hooked(base, pc, insn, vm, k) {
        spill!(vm, base, pc);
        // Compiled code is not entered: it would not look.
        let insn = u64::from(jit::original(&*vm, insn as u32)) | insn >> 32 << 32;
        if before(&mut *vm, insn).is_err() {
            go!(Step::Fail, vm)
        }
        if (*vm).jit.recording {
            jump!(jit::recorded, (*vm).base, pc, insn, vm, k)
        }
        let h = HANDLERS[(insn & 0xff) as usize];
        jump!(h, (*vm).base, pc, insn, vm, k)
    }
}

/// Delivers the events due before `insn`, whose successor is at `vm.pc`.
unsafe fn before(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    // SAFETY: `vm.base` is the frame the instruction runs in, or the frame a function head is about to set up.
    unsafe {
        if vm.interrupt.swap(false, Ordering::Relaxed) {
            jit::stop_recording(vm, Abort::Hook);
            refresh(vm);
            return Err(super::error_here(vm, b"interrupted!"));
        }
        // Heads of builtins are free: the program's error handler, which makes the report, is one.
        if vm.budget != u64::MAX && (insn as u8) < Op::FUNCC as u8 {
            if vm.budget == 0 {
                // It stays spent: whoever catches this fails at the next instruction.
                return Err(super::error_here(vm, b"instruction budget exhausted"));
            }
            vm.budget -= 1;
        }
        // At a head the frame is not complete: the next instruction will do.
        if vm.jit.pending.load(Ordering::Relaxed) && (insn as u8) < Op::FUNCF as u8 {
            vm.jit.pending.store(false, Ordering::Relaxed);
            refresh(vm);
            let top = vm.base.add(slots_in_use(vm, proto_of(vm.base)));
            (vm.jit.deliver)(vm, top);
        }
        let hook = &mut vm.hook;
        if hook.mask == 0 || hook.active {
            return Ok(());
        }
        if insn as u8 >= Op::FUNCF as u8 {
            if hook.mask & hookmask::CALL != 0 {
                on_call(vm, (insn >> 32) as usize)?;
            }
            return Ok(());
        }
        let mut counted = false;
        if hook.mask & hookmask::COUNT != 0 {
            hook.left = hook.left.saturating_sub(1);
            if hook.left == 0 {
                hook.left = hook.count;
                counted = true;
            }
        }
        let pt = proto_of(vm.base);
        let top = vm.base.add(slots_in_use(vm, pt));
        if counted {
            run_hook(vm, top, "count", None)?;
        }
        if vm.hook.mask & hookmask::LINE != 0 {
            let at = vm.pc.offset_from(ProtoObj::bc(pt)) as u32 - 1;
            let last = vm.hook.last_pc.addr().wrapping_sub(ProtoObj::bc(pt).addr()) / 4;
            let f = Func::from_raw(function_of(vm.base));
            let line = super::frames::line_of(f, at);
            let inside = last >= 1 && last <= (*pt).size_bc as usize;
            // A new line, a jump back, or another function than before.
            if line.is_some()
                && (!inside || vm.pc <= vm.hook.last_pc || line != super::frames::line_of(f, last as u32 - 1))
            {
                vm.hook.last_pc = vm.pc;
                run_hook(vm, top, "line", line)?;
            }
            vm.hook.last_pc = vm.pc;
        }
        let op = Ins(insn as u32).op();
        let returns = matches!(op, Some(Op::RET | Op::RET0 | Op::RET1 | Op::RETM | Op::CALLT | Op::CALLMT));
        if returns && vm.hook.mask & hookmask::RETURN != 0 && !matches!(op, Some(Op::CALLT | Op::CALLMT)) {
            run_hook(vm, top, "return", None)?;
        }
        Ok(())
    }
}

/// Slots of the running frame that hold something, multiple results included.
unsafe fn slots_in_use(vm: &Vm, pt: *const ProtoObj) -> usize {
    // SAFETY: `vm.pc` is behind the running instruction of `pt`.
    unsafe {
        let mut ins = Ins(jit::original(vm, *vm.pc.sub(1)));
        if ins.op() == Some(Op::UCLO) {
            ins = Ins(jit::original(vm, *vm.pc.offset(ins.jump() as isize)));
        }
        let a = usize::from(ins.a());
        let n = vm.multres as usize;
        let used = match ins.op() {
            Some(Op::CALLM) => a + 2 + usize::from(ins.c()) + n,
            Some(Op::CALLMT) => a + 2 + usize::from(ins.d()) + n,
            Some(Op::RETM) => a + usize::from(ins.d()) + n,
            Some(Op::TSETM) => a + n,
            _ => 0,
        };
        used.max((*pt).frame_size.into())
    }
}

unsafe fn on_call(vm: &mut Vm, nargs: usize) -> Result<(), Raise> {
    // SAFETY: the callee's frame has `nargs` arguments; `grow` makes room for its slots before the hook runs.
    unsafe {
        let f = function_of(vm.base);
        let mut n = nargs;
        let mut size = calls::MIN_STACK;
        if (*f).builtin == 0 {
            let pt = heap::FuncObj::proto(f);
            size = u32::from((*pt).frame_size) + 2;
            while n < (*pt).num_params.into() {
                *vm.base.add(n) = tag::NIL_BITS;
                n += 1;
            }
        }
        let from = vm.base.add(n);
        vm.top.set(from);
        if heap::stack::ensure(vm, from, size).is_err() {
            super::overflow_at_entry(vm);
            return Err(vm.reraise());
        }
        let f = function_of(vm.base);
        let mut top = vm.base.add(n);
        if (*f).builtin == 0 {
            top = top.max(vm.base.add((*proto_of(vm.base)).frame_size.into()));
        }
        vm.hook.last_pc = std::ptr::null();
        run_hook(vm, top, "call", None)
    }
}

/// Slots for a hook's call: an overflow happens to the function that is interrupted, not to the hook.
const ROOM: u32 = calls::MIN_STACK + 8;

fn run_hook(vm: &mut Vm, top: *mut u64, event: &str, line: Option<u32>) -> Result<(), Raise> {
    let func = vm.hook.func.get();
    if func.is_nil() || vm.hook.active {
        return Ok(());
    }
    // SAFETY: `top` is the end of the running frame, which stays where it is relative to `base`.
    let top = unsafe {
        let used = top.offset_from(vm.base);
        if heap::stack::ensure(vm, top, ROOM).is_err() {
            return Err(super::error_here(vm, b"stack overflow"));
        }
        vm.base.offset(used)
    };
    let name = vm.str(event.as_bytes())?.val().raw();
    let line = line.map_or(Value::NIL, |l| Value::from_num(l.into()));
    vm.hook.active = true;
    let result = call_above(vm, top, func, &[name, line]);
    vm.hook.active = false;
    result.map(|_| ())
}

/// Puts the right handlers into the dispatch table, and compiled code on its guard.
#[inline(never)]
pub(crate) fn refresh(vm: &mut Vm) {
    let wanted = jit::wanted(vm);
    jit::bar(vm);
    vm.heap.attention.set((wanted || vm.jit.leaving.get()).into());
    if !wanted {
        vm.dispatch = jit::handlers(vm);
        // A signal handler may have filled the table while it was written.
        if !jit::wanted(vm) {
            return;
        }
        vm.heap.attention.set(1);
    }
    vm.dispatch.fill(hooked);
    if vm.jit.recording {
        (vm.jit.abort)(vm, Abort::Hook);
        vm.jit.recording = false;
        jit::bar(vm);
    }
}

/// Lets the machine run `instructions` more instructions; then every one raises an error. `u64::MAX` lifts the limit.
pub fn set_budget(vm: &mut Vm, instructions: u64) {
    vm.budget = instructions;
    refresh(vm);
}

/// Makes the machine raise "interrupted!" at the next instruction. Callable from a signal handler on the machine's thread.
///
/// # Safety
/// `vm` is live.
pub unsafe fn interrupt(vm: *mut Vm) {
    // SAFETY: an atomic flag; the rest as the caller says.
    unsafe {
        (*vm).interrupt.store(true, Ordering::Relaxed);
        call_off(vm);
    }
}

/// Makes the machine call `JitHooks::deliver` before its next instruction. Callable as [`interrupt`] is.
///
/// # Safety
/// `vm` is live.
pub unsafe fn demand(vm: *mut Vm) {
    // SAFETY: an atomic flag; the rest as the caller says.
    unsafe {
        (*vm).jit.pending.store(true, Ordering::Relaxed);
        call_off(vm);
    }
}

/// Makes every instruction look, and compiled code leave.
unsafe fn call_off(vm: *mut Vm) {
    // SAFETY: a byte, and stores of valid handlers that the running code reads one at a time.
    unsafe {
        (&raw const (*vm).heap.attention).cast::<u8>().cast_mut().write_volatile(1);
        for slot in 0..256 {
            (&raw mut (*vm).dispatch).cast::<heap::vm::Handler>().add(slot).write_volatile(hooked);
        }
    }
}

/// Sets the hook: `mask` of `heap::vm::hookmask`, `count` instructions. No function or an empty mask removes it.
pub fn set_hook(vm: &mut Vm, func: Option<Value>, mask: u8, count: u32) {
    let mask = if count == 0 { mask & !hookmask::COUNT } else { mask };
    let on = mask != 0 && func.is_some();
    let lines = vm.hook.mask & hookmask::LINE != 0;
    vm.hook.mask = if on { mask } else { 0 };
    vm.hook.count = count;
    vm.hook.left = count;
    vm.hook.func.set(func.filter(|_| on).unwrap_or(Value::NIL));
    vm.hook.last_pc = std::ptr::null();
    // SAFETY: the running frame is in the machine; a Lua link follows a CALL of the frame below.
    unsafe {
        let link = *vm.base.sub(1);
        if link & abi::frame::TYPE_LUA == abi::frame::LUA {
            let pc = link as *const u32;
            let caller = vm.base.sub(2 + usize::from(Ins(*pc.sub(1)).a()));
            vm.hook.last_pc = if lines { pc } else { last_allocation(proto_of(caller), pc) };
        }
    }
    refresh(vm);
}

/// Returns what is behind the last instruction before the call that ends at `pc` that creates an object, null if none does.
///
/// LuaJIT knows no other position when line events begin: what is left of the caller's line is a new line to it, unless
/// the hook function (say) was created there.
unsafe fn last_allocation(pt: *const ProtoObj, pc: *const u32) -> *const u32 {
    // SAFETY: `pc` is behind an instruction of `pt`.
    unsafe {
        let code = ProtoObj::bc(pt);
        let calls = pc.offset_from(code) as usize - 1;
        let creates = |ins: u32| matches!(Ins(ins).op(), Some(Op::FNEW | Op::TNEW | Op::TDUP | Op::CAT));
        (1..calls).rev().find(|&i| creates(*code.add(i))).map_or(std::ptr::null(), |i| code.add(i + 1))
    }
}

/// Returns hook function (or nil), mask and count.
pub fn hook(vm: &Vm) -> (Val<'_>, u8, u32) {
    // SAFETY: the hook function is a root.
    (unsafe { Val::from_raw(vm.hook.func.get()) }, vm.hook.mask, vm.hook.count)
}

/// Calls `func` from `JitHooks::deliver`, as a hook function is called: above `top`, without hooks. An error is caught and returned as
/// its value. `None`: the stack has no room, nothing was called.
pub fn call_delivered(vm: &mut Vm, top: &mut *mut u64, func: Value, args: &[Value]) -> Option<Result<(), Value>> {
    // SAFETY: `top` is the end of the running frame, which stays where it is relative to `base`.
    unsafe {
        let used = top.offset_from(vm.base);
        let need = ROOM + args.len() as u32;
        // The room that an overflow is granted is the program's.
        let height = top.offset_from((*vm.cur).stack) as u32;
        if height + need > heap::stack::MAX {
            return None;
        }
        if heap::stack::ensure(vm, *top, need).is_err() {
            vm.error.set(Value::NIL);
            return None;
        }
        *top = vm.base.offset(used);
        let active = std::mem::replace(&mut vm.hook.active, true);
        let result = crate::call::pcall_above(vm, *top, func, args);
        vm.hook.active = active;
        *top = vm.base.offset(used);
        Some(result.map(|_| ()).map_err(|_| vm.error.replace(Value::NIL)))
    }
}

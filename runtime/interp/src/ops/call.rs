//! Calls, function heads, varargs.
//!
//! A call writes the link below the callee's slot 0 and jumps to the function's first instruction with the argument
//! count in the high half of the instruction word.

use super::loops::count;
use crate::worker;
use abi::{frame, tag};
use heap::{FuncObj, ProtoObj};

/// Enters the function `f` (tagged, checked) with `n` arguments at `callee`.
macro_rules! enter_function {
    ($f:expr, $callee:expr, $n:expr, $vm:expr, $k:expr) => {{
        let pc = (*($f as *const FuncObj)).pc;
        let insn = *pc;
        let h = *$vm.cast::<heap::vm::Handler>().add((insn & 0xff) as usize);
        jump!(h, $callee, pc.add(1), u64::from(insn) | ($n as u64) << 32, $vm, $k)
    }};
}

/// Calls the value at `func` with `n` arguments from `func + 2` on.
macro_rules! call_value {
    ($func:expr, $n:expr, $base:expr, $pc:expr, $vm:expr, $k:expr) => {{
        let func: *mut u64 = $func;
        let n: u64 = $n;
        let f = *func ^ (tag::FUNC << tag::SHIFT);
        *func.add(1) = $pc as u64;
        if f >> tag::SHIFT != 0 {
            jump!(slow_call, $base, $pc, func.offset_from($base) as u64 | n << 32, $vm, $k)
        }
        enter_function!(f, func.add(2), n, $vm, $k)
    }};
}

/// Does `FUNCF`, then `$go`.
macro_rules! frame_fixed {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident, $go:ident) => {{
        if $base.add(a!($insn)) > (*$vm).stack_max {
            jump!(grow_stack, $base, $pc, $insn, $vm, $k)
        }
        let pt = $pc.sub(1).cast::<ProtoObj>().sub(1);
        let params = usize::from((*pt).num_params);
        let mut n = ($insn >> 32) as usize;
        while n < params {
            $base.add(n).write_volatile(tag::NIL_BITS);
            n = crate::dispatch::opaque(n + 1);
        }
        $go!($base, $pc, $insn, $vm, (*pt).k)
    }};
}

/// Does `FUNCV`, then `$go`.
macro_rules! frame_varargs {
    ($base:ident, $pc:ident, $insn:ident, $vm:ident, $k:ident, $go:ident) => {{
        let n = ($insn >> 32) as usize;
        let frame_base = $base.add(n + 2);
        if frame_base.add(a!($insn)) > (*$vm).stack_max {
            jump!(grow_stack, $base, $pc, $insn, $vm, $k)
        }
        let pt = $pc.sub(1).cast::<ProtoObj>().sub(1);
        let params = usize::from((*pt).num_params);
        *frame_base.sub(2) = *$base.sub(2);
        *frame_base.sub(1) = ((n + 2) * 8) as u64 | frame::VARG;
        let mut i = 0;
        while i < params {
            let v = if i < n {
                let v = *$base.add(i);
                *$base.add(i) = tag::NIL_BITS;
                v
            } else {
                tag::NIL_BITS
            };
            frame_base.add(i).write_volatile(v);
            i = crate::dispatch::opaque(i + 1);
        }
        $go!(frame_base, $pc, $insn, $vm, (*pt).k)
    }};
}

/// Goes on with the function's first real instruction.
macro_rules! first {
    ($base:expr, $pc:ident, $insn:ident, $vm:ident, $k:expr) => {
        next!($base, $pc, $vm, $k)
    };
}
/// Goes on with the trace of a function's head.
macro_rules! first_trace {
    ($base:expr, $pc:ident, $insn:ident, $vm:ident, $k:expr) => {
        jump!(crate::jit::enter_trace, $base, $pc, $insn & 0xffff_ffff, $vm, $k)
    };
}

handlers! {
    fn CALL(base, pc, insn, vm, k) {
        call_value!(base.add(a!(insn)), load_c!(pc) as u64 - 1, base, pc, vm, k)
    }
    fn CALLM(base, pc, insn, vm, k) {
        call_value!(base.add(a!(insn)), load_c!(pc) as u64 + (*vm).multres, base, pc, vm, k)
    }
    fn ITERC(base, pc, insn, vm, k) {
        let s = base.add(a!(insn));
        *s = *s.sub(3);
        // Volatile: not both at once. The second has just been stored, and a load of more than that would wait.
        s.add(2).write_volatile(*s.sub(2));
        s.add(3).write_volatile(*s.sub(1));
        call_value!(s, 2, base, pc, vm, k)
    }
    // The callee is not a function; `insn` holds its slot and the number of arguments.
    #[cold]
    #[inline(never)]
    fn slow_call(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::call::call_value(&mut *vm, base.add(insn as u32 as usize).add(2), insn >> 32), vm)
    }
    fn CALLT(base, pc, insn, vm, k) {
        let from = base.add(a!(insn));
        let f = *from ^ (tag::FUNC << tag::SHIFT);
        if f >> tag::SHIFT == 0 && *base.sub(1) & frame::TYPE != frame::VARG {
            let n = d!(insn) - 1;
            *base.sub(2) = *from;
            let mut i = 0;
            while i < n {
                base.add(i).write_volatile(*from.add(2 + i));
                i = crate::dispatch::opaque(i + 1);
            }
            enter_function!(f, base, n, vm, k)
        }
        jump!(tail_call, base, pc, a!(insn) as u64 | (d!(insn) as u64 - 1) << 32, vm, k)
    }
    fn CALLMT(base, pc, insn, vm, k) {
        jump!(tail_call, base, pc, a!(insn) as u64 | (d!(insn) as u64 + (*vm).multres) << 32, vm, k)
    }
    // `insn` holds the callee's slot and the number of arguments.
    #[inline(never)]
    fn tail_call(base, pc, insn, vm, k) {
        let from = base.add(insn as u32 as usize);
        let n = insn >> 32;
        let f = *from ^ (tag::FUNC << tag::SHIFT);
        if f >> tag::SHIFT != 0 {
            jump!(slow_tail_call, base, pc, insn, vm, k)
        }
        let link = *base.sub(1);
        if link & frame::TYPE == frame::VARG {
            // The hidden frame of a vararg function goes, too.
            base = base.byte_sub((link & !frame::TYPE) as usize);
        }
        *base.sub(2) = *from;
        let mut i = 0;
        while i < n as usize {
            base.add(i).write_volatile(*from.add(2 + i));
            i = crate::dispatch::opaque(i + 1);
        }
        enter_function!(f, base, n, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn slow_tail_call(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::call::tail_call(&mut *vm, insn as u32 as usize, insn >> 32), vm)
    }

    fn FUNCF(base, pc, insn, vm, k) {
        frame_fixed!(base, pc, insn, vm, k, first)
    }
    fn FUNCV(base, pc, insn, vm, k) {
        frame_varargs!(base, pc, insn, vm, k, first)
    }
    /// `FUNCF` that counts.
    fn hot_FUNCF(base, pc, insn, vm, k) {
        if count!(pc, vm, 1) {
            jump!(crate::jit::hot_call, base, pc, insn, vm, k)
        }
        frame_fixed!(base, pc, insn, vm, k, first)
    }
    /// `FUNCV` that counts.
    fn hot_FUNCV(base, pc, insn, vm, k) {
        if count!(pc, vm, 1) {
            jump!(crate::jit::hot_call, base, pc, insn, vm, k)
        }
        frame_varargs!(base, pc, insn, vm, k, first)
    }
    fn JFUNCF(base, pc, insn, vm, k) {
        frame_fixed!(base, pc, insn, vm, k, first_trace)
    }
    fn JFUNCV(base, pc, insn, vm, k) {
        frame_varargs!(base, pc, insn, vm, k, first_trace)
    }
    #[cold]
    #[inline(never)]
    fn grow_stack(base, pc, insn, vm, k) {
        spill!(vm, base, pc);
        let step = worker::call::grow(&mut *vm, (insn >> 32) as u32, a!(insn) as u32);
        if step == crate::dispatch::Step::Next {
            // The head again, on the larger stack; nobody watches this second time.
            let h = crate::ops::HANDLERS[insn as u8 as usize];
            jump!(h, (*vm).base, pc, insn, vm, k)
        }
        go!(step, vm)
    }
    fn VARG(base, pc, insn, vm, k) {
        let link = *base.sub(1);
        let args = base.byte_sub((link & !frame::TYPE) as usize);
        let total = (link >> 3) as usize - 2;
        let params = c!(insn);
        let extra = total.saturating_sub(params);
        let mut to = base.add(a!(insn));
        let want = b!(insn);
        if want == 0 {
            (*vm).multres = extra as u64;
            if to.add(extra) > (*vm).stack_max {
                jump!(grow_varargs, base, pc, insn, vm, k)
            }
            let mut i = 0;
            while i < extra {
                to.add(i).write_volatile(*args.add(params + i));
                i = crate::dispatch::opaque(i + 1);
            }
            next!(base, pc, vm, k)
        }
        let mut i = 0;
        while i < want - 1 {
            to.write_volatile(if i < extra { *args.add(params + i) } else { tag::NIL_BITS });
            to = to.add(1);
            i = crate::dispatch::opaque(i + 1);
        }
        next!(base, pc, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn grow_varargs(base, pc, insn, vm, k) {
        spill!(vm, base, pc);
        let need = a!(insn) as u32 + (*vm).multres as u32;
        let step = worker::call::grow(&mut *vm, 0, need);
        if step == crate::dispatch::Step::Next {
            // Again, on the larger stack; nobody watches this second time.
            jump!(VARG, (*vm).base, pc, insn, vm, k)
        }
        go!(step, vm)
    }

    /// Calls a builtin's Rust function.
    #[inline(never)]
    fn FUNCC(base, pc, insn, vm, k) {
        (*vm).base = base;
        let n = worker::call::builtin(vm, base, (insn >> 32) as u32);
        if n < 0 {
            go!(crate::dispatch::Step::Fail, vm)
        }
        let base = (*vm).base;
        if n == 1 {
            let v = *(*vm).top.get().sub(1);
            return_one!(base, v, vm)
        }
        if n as u64 >= crate::cx::TAIL_CALL {
            go!(worker::call::call_from_builtin(&mut *vm, base, n as u64), vm)
        }
        (*vm).multres = n as u64;
        jump!(crate::ops::ret::return_top, base, pc, insn, vm, k)
    }
}
pub(crate) use FUNCF as IFUNCF;
pub(crate) use FUNCV as IFUNCV;

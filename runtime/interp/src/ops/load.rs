//! Constants, moves, upvalues, closures.

use crate::worker;
use abi::tag;
use heap::{FuncObj, UpvalObj};

/// Upvalue `i` of the running function.
macro_rules! upvalue {
    ($base:expr, $i:expr) => {
        *FuncObj::upvals(crate::dispatch::function_of($base)).add($i)
    };
}

/// Stores a value into an upvalue. Only a closed, traversed upvalue needs the barrier.
macro_rules! store_upvalue {
    ($base:expr, $pc:expr, $insn:expr, $vm:expr, $k:expr, $uv:expr, $v:expr) => {{
        let uv: *mut UpvalObj = $uv;
        *(*uv).v = $v;
        if heap::inline::is_black($vm, uv.cast()) {
            jump!(upvalue_barrier, $base, $pc, $insn, $vm, $k)
        }
        next!($base, $pc, $vm, $k)
    }};
}

handlers! {
    fn MOV(base, pc, insn, vm, k) {
        *base.add(a!(insn)) = *base.add(d!(insn));
        next!(base, pc, vm, k)
    }
    fn KSTR(base, pc, insn, vm, k) {
        *base.add(a!(insn)) = *k.sub(1 + d!(insn));
        next!(base, pc, vm, k)
    }
    fn KSHORT(base, pc, insn, vm, k) {
        *base.add(a!(insn)).cast::<f64>() = f64::from((insn >> 16) as i16);
        next!(base, pc, vm, k)
    }
    fn KNUM(base, pc, insn, vm, k) {
        *base.add(a!(insn)) = *k.add(d!(insn));
        next!(base, pc, vm, k)
    }
    fn KPRI(base, pc, insn, vm, k) {
        *base.add(a!(insn)) = !((d!(insn) as u64) << tag::SHIFT);
        next!(base, pc, vm, k)
    }
    fn KNIL(base, pc, insn, vm, k) {
        let mut p = base.add(a!(insn));
        let end = base.add(d!(insn));
        loop {
            // Volatile: a call of memset would cost more than the few stores.
            p.write_volatile(tag::NIL_BITS);
            p = p.add(1);
            if p > end {
                break;
            }
        }
        next!(base, pc, vm, k)
    }
    fn UGET(base, pc, insn, vm, k) {
        *base.add(a!(insn)) = *(*upvalue!(base, load_d!(pc))).v;
        next!(base, pc, vm, k)
    }
    fn USETV(base, pc, insn, vm, k) {
        store_upvalue!(base, pc, insn, vm, k, upvalue!(base, a!(insn)), *base.add(d!(insn)))
    }
    fn USETS(base, pc, insn, vm, k) {
        store_upvalue!(base, pc, insn, vm, k, upvalue!(base, a!(insn)), *k.sub(1 + d!(insn)))
    }
    fn USETN(base, pc, insn, vm, k) {
        *(*upvalue!(base, a!(insn))).v = *k.add(d!(insn));
        next!(base, pc, vm, k)
    }
    fn USETP(base, pc, insn, vm, k) {
        *(*upvalue!(base, a!(insn))).v = !((d!(insn) as u64) << tag::SHIFT);
        next!(base, pc, vm, k)
    }
    #[cold]
    #[inline(never)]
    fn upvalue_barrier(base, pc, insn, vm, k) {
        let uv = upvalue!(base, a!(insn));
        heap::gc::barrier_upvalue(&*vm, uv, heap::Value(*(*uv).v));
        next!(base, pc, vm, k)
    }
    #[inline(never)]
    fn FNEW(base, pc, insn, vm, _k) {
        spill!(vm, base, pc);
        go!(worker::create::closure(&mut *vm, insn as u32), vm)
    }
    fn UCLO(base, pc, insn, vm, k) {
        let level = base.add(a!(insn));
        if !(*(*vm).cur).open_upvals.is_null() {
            jump!(close_upvalues, base, pc, insn, vm, k)
        }
        next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
    }
    #[inline(never)]
    fn close_upvalues(base, pc, insn, vm, k) {
        heap::stack::close_upvalues(&*vm, base.add(a!(insn)));
        next!(base, pc.offset(d!(insn) as isize - 0x8000), vm, k)
    }
}

//! The end of a mark phase, in one piece: what changed without barriers, finalisers, weak tables, and the turn to sweeping.

use super::{Phase, collector, extent, finalize, mark};
use crate::alloc::{Heap, IDLE};
use crate::object::{TabObj, ThreadObj, UpvalObj};
use crate::value::Value;
use crate::vm::Vm;
use crate::{stack, value};
use abi::{costatus, tabflag, tag};

/// Ends the mark phase.
///
/// # Safety
/// All that is live is reachable from the roots and the stacks: the caller is at a safepoint.
pub unsafe fn run(vm: &mut Vm) {
    // SAFETY: lists of the collector hold live objects; see each function.
    unsafe {
        drain(vm);
        mark::roots(vm, collector(vm));
        mark::names(vm);
        remark_upvalues(vm);
        drain(vm);
        finalize::separate(vm, false);
        drain(vm);
        for t in std::mem::take(&mut collector(vm).weak) {
            clear_weak(&vm.heap, t);
        }
        settle_upvalues(vm);
        finalize::drop_dead(vm);
        // Whoever asks does so of objects that were live before the collection, and whose memory is intact.
        (vm.jit.sweep)(vm, &|p| vm.heap.is_marked(p as *const u8));
        turn(vm);
    }
}

/// Traverses all that is gray, tables that were stored into, weak tables and stacks until nothing is left.
unsafe fn drain(vm: &mut Vm) {
    // SAFETY: lists of the collector hold live objects.
    unsafe {
        let mut weak_done = Vec::new();
        loop {
            mark::propagate(vm, isize::MAX);
            let c = collector(vm);
            if let Some(t) = c.again.pop() {
                mark::table(vm, c, t, 0);
            } else if let Some(th) = c.stacks.pop() {
                shrink(vm, th);
                let c = collector(vm);
                mark::thread(vm, c, th);
                let mut slot = extent(vm, th);
                let end = (*th).stack.add((*th).stack_size as usize);
                while slot < end {
                    *slot = tag::NIL_BITS;
                    slot = slot.add(1);
                }
            } else if let Some(t) = c.weak.pop() {
                mark::table(vm, c, t, 0);
                // It has put itself on the list again.
                if c.weak.last() == Some(&t) {
                    c.weak.pop();
                    weak_done.push(t);
                }
            } else {
                c.weak = weak_done;
                return;
            }
        }
    }
}

/// Gives a coroutine that waits with much too large a stack a smaller one.
unsafe fn shrink(vm: &mut Vm, th: *mut ThreadObj) {
    // SAFETY: the coroutine is live and does not run, so nobody holds pointers into its stack.
    unsafe {
        let slots = (*th).stack_size - stack::RESERVE;
        let used = extent(vm, th).offset_from((*th).stack) as u32;
        let idle = matches!((*th).status, costatus::SUSPENDED | costatus::DEAD);
        if idle && th != vm.cur && th != vm.main && slots > 2 * stack::START && used < slots / 4 {
            let error = vm.error.get();
            if stack::resize(vm, th, slots / 2).is_err() {
                // Without memory the larger stack stays, and that is no error.
                vm.error.set(error);
            }
        }
    }
}

/// Marks the variables of open upvalues that are marked: their coroutines may be dead.
unsafe fn remark_upvalues(vm: &Vm) {
    let c = collector(vm);
    for &th in &c.threads {
        // SAFETY: coroutines of the list are swept only after they were taken off it.
        unsafe {
            let mut uv = (*th).open_upvals;
            while !uv.is_null() {
                if vm.heap.is_cell_marked(uv.cast()) {
                    mark::value(&vm.heap, &mut c.gray, Value(*(*uv).v));
                }
                uv = (*uv).next;
            }
        }
    }
}

/// Closes the upvalues of dead coroutines and unlinks dead upvalues.
unsafe fn settle_upvalues(vm: &Vm) {
    let heap = &vm.heap;
    // SAFETY: memory of dead objects is intact until the sweep.
    collector(vm).threads.retain(|&th| unsafe {
        let alive = heap.is_cell_marked(th.cast());
        let mut link: *mut *mut UpvalObj = &raw mut (*th).open_upvals;
        while !(*link).is_null() {
            let uv = *link;
            if !heap.is_cell_marked(uv.cast()) {
                *link = (*uv).next;
            } else if alive {
                link = &raw mut (*uv).next;
            } else {
                *link = (*uv).next;
                stack::close(uv);
            }
        }
        if (*th).open_upvals.is_null() {
            (*th).listed = 0;
        }
        (*th).listed != 0
    });
}

/// Says whether a weak reference must go. Strings are values, not objects: they are kept.
unsafe fn may_clear(heap: &Heap, v: value::Value, is_value: bool) -> bool {
    let Some(p) = v.as_gc() else { return false };
    // SAFETY: memory of dead objects is intact until the sweep.
    unsafe {
        if v.is_str() {
            heap.mark(p.cast());
            return false;
        }
        !heap.is_marked(p.cast()) || is_value && v.as_udata().is_some_and(|u| (*u).finalized != 0)
    }
}

/// Removes the entries of a weak table that refer to dead objects.
unsafe fn clear_weak(heap: &Heap, t: *mut TabObj) {
    // SAFETY: the table is live.
    unsafe {
        if (*t).flags & tabflag::WEAK_VAL != 0 {
            for i in 0..(*t).asize as usize {
                let slot = (*t).array.add(i);
                if may_clear(heap, Value(*slot), true) {
                    *slot = tag::NIL_BITS;
                }
            }
        }
        if (*t).hmask > 0 {
            for i in 0..=(*t).hmask as usize {
                let n = (*t).node.add(i);
                if (*n).val == tag::NIL_BITS {
                    mark::kill_key(t, n);
                } else if may_clear(heap, Value((*n).key), false) || may_clear(heap, Value((*n).val), true) {
                    (*n).val = tag::NIL_BITS;
                }
            }
        }
    }
}

/// Turns to sweeping: what is unmarked is free from now on, but for strings, which wait for the intern table.
fn turn(vm: &Vm) {
    let heap = &vm.heap;
    heap.gc_epoch.set(IDLE);
    heap.drop_runs(0);
    heap.drop_runs(1);
    let space = heap.space();
    space.drop_rests(0);
    space.drop_rests(1);
    heap.large(0).sweep();
    let live = space.sweep(0) + heap.large(0).live() + space.live(1) + heap.large(1).live();
    if super::poisons(vm) {
        space.poison(0);
    }
    heap.total.set(live);
    heap.black_strings.set(true);
    heap.recycle_strings.set(false);
    // What is unmarked in there dies; a string found from now on is marked.
    heap.chars.iter().for_each(|s| s.set(std::ptr::null_mut()));
    // SAFETY: the borrow of the table ends here.
    unsafe { (*heap.strings.get()).begin_sweep() };
    let c = collector(vm);
    c.live = live;
    c.phase = Phase::Strings;
}

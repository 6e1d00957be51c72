//! Marking: from objects to what they refer to.

use super::{Collector, Phase, collector, extent};
use crate::alloc::{Heap, IDLE};
use crate::object::{FuncObj, Header, Node, ProtoObj, TabObj, ThreadObj, UdataObj, UpvalObj};
use crate::table::DEAD_STR;
use crate::value::Value;
use crate::vm::Vm;
use crate::{metatable, shape, sys};
use abi::metamethod::Mm;
use abi::{objtype, tabflag, tag};

/// Slots of a table that are traversed at once.
const CHUNK: u32 = 2048;

/// An object to traverse, from a position on.
#[derive(Clone, Copy)]
pub struct Gray {
    object: *mut Header,
    from: u32,
}

/// Marks what a value refers to.
///
/// # Safety
/// `v` is a live value of this heap.
#[inline(always)]
pub unsafe fn value(heap: &Heap, gray: &mut Vec<Gray>, v: Value) {
    if let Some(p) = v.as_gc() {
        // SAFETY: the value refers to a live object.
        unsafe {
            if v.is_str() {
                heap.mark(p.cast());
            } else if heap.mark(p.cast()) {
                gray.push(Gray { object: p, from: 0 });
            }
        }
    }
}

/// Marks an object that is not a string.
///
/// # Safety
/// `p` is null or a live object of this heap.
#[inline(always)]
pub unsafe fn object<T>(heap: &Heap, gray: &mut Vec<Gray>, p: *mut T) {
    // SAFETY: as the caller says.
    unsafe {
        if !p.is_null() && heap.mark(p.cast()) {
            gray.push(Gray { object: p.cast(), from: 0 });
        }
    }
}

/// Begins a mark phase.
pub fn start(vm: &Vm) {
    let heap = &vm.heap;
    heap.space().clear_marks();
    heap.large(0).clear_marks();
    heap.large(1).clear_marks();
    let c = collector(vm);
    c.epoch = if c.epoch >= IDLE - 1 { 1 } else { c.epoch + 1 };
    c.phase = Phase::Mark;
    heap.gc_epoch.set(c.epoch);
    // SAFETY: roots are live.
    unsafe { roots(vm, c) };
}

/// Marks what is a root and refers to nothing: once is enough, at the end of a mark phase.
pub fn names(vm: &Vm) {
    let heap = &vm.heap;
    // SAFETY: the machine's names are live strings.
    unsafe {
        for &s in &vm.mm_names {
            heap.mark(s.cast());
        }
        for s in vm.type_names.iter().filter_map(|v| v.as_str()) {
            heap.mark(s.cast());
        }
        heap.mark(vm.oom.cast());
    }
    shape::mark(heap);
}

/// Forgets a mark phase that has not ended.
pub fn abandon(vm: &Vm) {
    let c = collector(vm);
    c.gray.clear();
    c.again.clear();
    c.stacks.clear();
    c.weak.clear();
    vm.heap.gc_epoch.set(IDLE);
    c.phase = Phase::Idle;
}

/// Marks the roots but for [`names`].
pub unsafe fn roots(vm: &Vm, c: &mut Collector) {
    let (heap, gray) = (&vm.heap, &mut c.gray);
    // SAFETY: the fields of a machine are live objects or null.
    unsafe {
        object(heap, gray, vm.main);
        object(heap, gray, vm.cur);
        object(heap, gray, vm.registry);
        for &m in &vm.base_meta {
            object(heap, gray, m);
        }
        value(heap, gray, vm.error.get());
        value(heap, gray, vm.hook.func.get());
        for &u in &c.due {
            object(heap, gray, u);
        }
        c.compiled = (vm.jit.mark)(vm, &mut |v| value(heap, gray, v));
    }
}

/// Objects that are on their way into the cache: a power of two.
const AHEAD: usize = 32;

/// Traverses gray objects until `budget` bytes are done or none is left; returns what is left of the budget.
///
/// Objects wait in a queue while the cache loads first their headers, then what those point to.
pub fn propagate(vm: &Vm, mut budget: isize) -> isize {
    let c = collector(vm);
    let mut queue = [Gray { object: std::ptr::null_mut(), from: 0 }; AHEAD];
    let (mut head, mut tail) = (0usize, 0usize);
    loop {
        while tail - head < AHEAD
            && let Some(g) = c.gray.pop()
        {
            prefetch_cell(g.object.cast(), size_of::<TabObj>());
            queue[tail % AHEAD] = g;
            tail += 1;
        }
        if head == tail {
            return budget;
        }
        let middle = head + AHEAD / 2;
        if middle < tail {
            // SAFETY: gray objects are live.
            unsafe { prefetch_body(queue[middle % AHEAD].object) };
        }
        let g = queue[head % AHEAD];
        head += 1;
        // SAFETY: gray objects are live.
        budget -= unsafe { traverse(vm, c, g) } as isize;
        if budget <= 0 {
            while head < tail {
                tail -= 1;
                c.gray.push(queue[tail % AHEAD]);
            }
            return budget;
        }
    }
}

/// Has the cache load what the traversal of an object will read.
#[inline(always)]
unsafe fn prefetch_body(o: *mut Header) {
    // SAFETY: the object is live and of the type its header says.
    unsafe {
        if (*o).gct == objtype::TAB {
            let t: *mut TabObj = o.cast();
            sys::prefetch((*t).array.cast());
            prefetch_cell((*t).node.cast(), 2 * size_of::<Node>());
        }
    }
}

/// Has the cache load `bytes` bytes, which are no more than a line holds, but may lie in two.
#[inline(always)]
fn prefetch_cell(p: *const u8, bytes: usize) {
    sys::prefetch(p);
    sys::prefetch(p.wrapping_add(bytes - 8));
}

/// Traverses one object; returns the bytes looked at.
unsafe fn traverse(vm: &Vm, c: &mut Collector, g: Gray) -> usize {
    let heap = &vm.heap;
    // SAFETY: the object is live and of the type its header says.
    unsafe {
        match (*g.object).gct {
            objtype::TAB => {
                let done = if g.from == 0 { plain(heap, c, g.object.cast()) } else { None };
                done.unwrap_or_else(|| table(vm, c, g.object.cast(), g.from))
            }
            objtype::FUNC => function(heap, c, g.object.cast()),
            objtype::UPVAL => {
                let uv: *mut UpvalObj = g.object.cast();
                if (*uv).closed != 0 {
                    (*uv).marked = c.epoch;
                }
                value(heap, &mut c.gray, Value(*(*uv).v));
                size_of::<UpvalObj>()
            }
            objtype::UDATA => {
                let u: *mut UdataObj = g.object.cast();
                (*u).marked = c.epoch;
                object(heap, &mut c.gray, (*u).meta);
                object(heap, &mut c.gray, (*u).env);
                size_of::<UdataObj>()
            }
            objtype::PROTO => prototype(heap, c, g.object.cast()),
            objtype::THREAD => {
                c.stacks.push(g.object.cast());
                thread(vm, c, g.object.cast())
            }
            _ => 0,
        }
    }
}

unsafe fn function(heap: &Heap, c: &mut Collector, f: *mut FuncObj) -> usize {
    // SAFETY: the function is live; its kind tells what follows the header.
    unsafe {
        (*f).marked = c.epoch;
        object(heap, &mut c.gray, (*f).env);
        let nup = (*f).nup as usize;
        if (*f).builtin == 0 {
            object(heap, &mut c.gray, FuncObj::proto(f));
            for i in 0..nup {
                object(heap, &mut c.gray, *FuncObj::upvals(f).add(i));
            }
        } else {
            for i in 0..nup {
                value(heap, &mut c.gray, Value(*FuncObj::builtin_upvals(f).add(i)));
            }
        }
        size_of::<FuncObj>() + nup * 8
    }
}

unsafe fn prototype(heap: &Heap, c: &mut Collector, p: *mut ProtoObj) -> usize {
    // SAFETY: the prototype is live; collectable constants are below `k`.
    unsafe {
        (*p).marked = c.epoch;
        heap.mark((*p).chunk_name.cast());
        for i in 0..(*p).size_kgc as usize {
            let k = Value(*(*p).k.sub(i + 1));
            if k.tag() == tag::PROTO {
                object(heap, &mut c.gray, (k.0 & tag::PTR_MASK) as *mut ProtoObj);
            } else {
                value(heap, &mut c.gray, k);
            }
        }
        (*p).size as usize
    }
}

/// Marks what a coroutine's stack holds.
pub unsafe fn thread(vm: &Vm, c: &mut Collector, th: *mut ThreadObj) -> usize {
    let (heap, gray) = (&vm.heap, &mut c.gray);
    // SAFETY: the coroutine is live; slots below the extent are live values or frame words, which look like numbers.
    unsafe {
        heap.mark((*th).stack.cast());
        object(heap, gray, (*th).env);
        object(heap, gray, (*th).resumer);
        let end = extent(vm, th);
        let mut slot = (*th).stack;
        while slot < end {
            value(heap, gray, Value(*slot));
            slot = slot.add(1);
        }
        size_of::<ThreadObj>() + (*th).stack_size as usize * 8
    }
}

/// Returns the weak flags that a table's metatable asks for.
unsafe fn weakness(vm: &Vm, meta: *mut TabObj) -> u8 {
    if meta.is_null() {
        return 0;
    }
    let mut weak = 0;
    // SAFETY: the metatable is live.
    unsafe {
        if let Some(mode) = metatable::get(vm, meta, Mm::Mode).as_str() {
            for c in crate::object::StrObj::bytes(mode) {
                match c {
                    b'k' => weak |= tabflag::WEAK_KEY,
                    b'v' => weak |= tabflag::WEAK_VAL,
                    0 => break,
                    _ => {}
                }
            }
        }
    }
    weak
}

/// Slots and nodes of a table that needs no position to go on from.
const SMALL: u32 = 64;

/// Traverses a small table that is not weak and whose keys need no marks, as most tables are; returns the bytes looked at.
#[inline(always)]
unsafe fn plain(heap: &Heap, c: &mut Collector, t: *mut TabObj) -> Option<usize> {
    // SAFETY: the table is live; its parts have the sizes it says.
    unsafe {
        let (asize, hmask, meta) = ((*t).asize, (*t).hmask, (*t).meta);
        if asize > SMALL || hmask >= SMALL || hmask > 0 && (*t).shape == shape::NONE {
            return None;
        }
        if !meta.is_null() {
            // The metatable knows that it has no mode.
            if (*meta).nomm & 1 << Mm::Mode as u8 == 0 {
                return None;
            }
            object(heap, &mut c.gray, meta);
        }
        (*t).flags &= !(tabflag::WEAK_KEY | tabflag::WEAK_VAL);
        (*t).marked = c.epoch;
        if asize > 0 {
            if (*t).flags & tabflag::INNER_ARRAY == 0 {
                heap.mark((*t).array.cast());
            }
            for v in std::slice::from_raw_parts((*t).array, asize as usize) {
                value(heap, &mut c.gray, Value(*v));
            }
        }
        let mut nodes = 0;
        if hmask > 0 {
            heap.mark((*t).node.cast());
            nodes = hmask as usize + 1;
            // Shapes keep their keys alive.
            for n in std::slice::from_raw_parts((*t).node, nodes) {
                value(heap, &mut c.gray, Value(n.val));
            }
        }
        Some(size_of::<TabObj>() + (asize as usize + nodes) * 16)
    }
}

/// Traverses a table from position `from` on: array slots first, then nodes.
pub unsafe fn table(vm: &Vm, c: &mut Collector, t: *mut TabObj, from: u32) -> usize {
    let heap = &vm.heap;
    // SAFETY: the table is live.
    unsafe {
        let (asize, hmask) = ((*t).asize, (*t).hmask);
        if from == 0 {
            object(heap, &mut c.gray, (*t).meta);
            if asize > 0 && (*t).flags & tabflag::INNER_ARRAY == 0 {
                heap.mark((*t).array.cast());
            }
            if hmask > 0 {
                heap.mark((*t).node.cast());
            }
            let weak = weakness(vm, (*t).meta);
            (*t).flags = (*t).flags & !(tabflag::WEAK_KEY | tabflag::WEAK_VAL) | weak;
            if weak != 0 {
                // Weak tables stay gray: the atomic phase traverses them again.
                c.weak.push(t);
            } else {
                (*t).marked = c.epoch;
            }
        }
        let weak = (*t).flags & (tabflag::WEAK_KEY | tabflag::WEAK_VAL);
        if weak == tabflag::WEAK_KEY | tabflag::WEAK_VAL {
            return size_of::<TabObj>();
        }
        let end = from.saturating_add(CHUNK);
        let all = asize + if hmask > 0 { hmask + 1 } else { 0 };
        if end < all {
            c.gray.push(Gray { object: t.cast(), from: end });
        }
        let gray = &mut c.gray;
        if weak & tabflag::WEAK_VAL == 0 && from < asize {
            let n = asize.min(end) - from;
            slots(heap, gray, std::slice::from_raw_parts((*t).array.add(from as usize), n as usize));
        }
        if end > asize && hmask > 0 {
            let (first, n) = (from.max(asize) - asize, all.min(end) - from.max(asize));
            if (*t).shape != shape::NONE && weak == 0 {
                // Shapes keep their keys alive.
                for n in std::slice::from_raw_parts((*t).node.add(first as usize), n as usize) {
                    value(heap, gray, Value(n.val));
                }
            } else {
                for i in first..first + n {
                    node(heap, gray, t, (*t).node.add(i as usize), weak);
                }
            }
        }
        size_of::<TabObj>() + (all.min(end).saturating_sub(from)) as usize * 16
    }
}

/// Marks what array slots refer to. Most lists have either only objects or none: what has none is passed in blocks, several slots an instruction.
#[inline(always)]
unsafe fn slots(heap: &Heap, gray: &mut Vec<Gray>, slots: &[u64]) {
    let (blocks, rest) = slots.as_chunks::<8>();
    for block in blocks {
        if block.iter().fold(false, |any, v| any | Value(*v).has_gc_tag()) {
            // SAFETY: the values of a live table.
            block.iter().for_each(|v| unsafe { value(heap, gray, Value(*v)) });
        }
    }
    // SAFETY: as above.
    rest.iter().for_each(|v| unsafe { value(heap, gray, Value(*v)) });
}

#[inline(always)]
unsafe fn node(heap: &Heap, gray: &mut Vec<Gray>, t: *mut TabObj, n: *mut Node, weak: u8) {
    // SAFETY: nodes with a value have live keys; keys without a value are looked at as bits only.
    unsafe {
        let (k, v) = (Value((*n).key), Value((*n).val));
        if v.is_nil() {
            return kill_key(t, n);
        }
        if weak & tabflag::WEAK_KEY == 0 {
            value(heap, gray, k);
        }
        if weak & tabflag::WEAK_VAL == 0 {
            value(heap, gray, v);
        }
    }
}

/// Makes a string key without a value match nothing, since its string may die; shapes keep their keys alive.
#[inline(always)]
pub unsafe fn kill_key(t: *mut TabObj, n: *mut Node) {
    // SAFETY: the node is part of the table, which is live (callers).
    unsafe {
        if (*t).shape == 0 && Value((*n).key).is_str() {
            (*n).key = (*n).key & tag::PTR_MASK | DEAD_STR << tag::SHIFT;
            (*t).flags |= tabflag::DEAD_KEYS;
        }
    }
}

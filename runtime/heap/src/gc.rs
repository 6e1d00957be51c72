//! The collector: incremental mark and lazy sweep.
//!
//! A cycle marks from the roots in steps, paced by allocation; ends with an atomic phase; then removes dead strings from the
//! intern table in steps. All other sweeping is counting mark bits and happens where cells are allocated (`alloc`).
//!
//! Colours: an object is white while its mark bit is unset; black once it was traversed: then its `marked` byte is the
//! epoch of this mark phase; between the two it is gray and on a list. New objects are white. Strings and buffers have no colour
//! but the bit; who owns a buffer marks it.
//! Stores of collectable values keep "no black object refers to a white one" ([`barrier_back`] makes a table gray again,
//! [`barrier_forward`] marks the value), but for stacks: coroutines are never black and are all traversed again in the atomic phase.
//!
//! Invariant: outside a mark phase `Heap::gc_epoch` is a value that no object carries, so barriers do nothing.
//! Invariant: while strings are swept, cells of strings are not reused and new ones are marked.
//! Absent: moving, generations, threads.

mod atomic;
mod finalize;
mod mark;
mod roots;
#[cfg(test)]
mod tests;

use crate::alloc::IDLE;
use crate::object::{FuncObj, Header, ProtoObj, TabObj, ThreadObj, UdataObj, UpvalObj};
use crate::value::Value;
use crate::vm::{Config, Vm};
use std::collections::VecDeque;
use std::ptr;

pub use finalize::new_userdata;

/// Bytes of work that one step does at least.
const MIN_STEP: usize = 32 << 10;
/// Bytes to allocate until the next step.
const STEP: usize = 16 << 10;
/// Marking runs that much faster than asked for, since a cycle begins that much later ([`Collector::goal`]).
const SPEED: usize = 2;
/// Bytes that looking at one slot of the intern table counts for.
const SLOT_COST: usize = 8;
/// Bytes in use below which no cycle begins.
const MIN_THRESHOLD: usize = 160 << 10;
/// Free blocks kept after a full collection.
const KEEP_BLOCKS: usize = 16;
/// Of the others, one of so many is given back after a cycle.
const TRIM_SHARE: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    Mark,
    Strings,
}

/// State of the collector.
pub(crate) struct Collector {
    phase: Phase,
    /// The epoch of the latest mark phase.
    epoch: u8,
    stopped: bool,
    pause: u32,
    stepmul: u32,
    /// Bytes in use after the latest atomic phase.
    live: usize,
    /// Bytes that are counted for traces: they are not in the heap, but marking what they refer to is work of each cycle.
    compiled: usize,
    /// Bytes to allocate before a cycle begins, at least.
    room: usize,
    /// Bytes in use at the end of the latest step.
    seen: usize,
    /// Objects to traverse, and where to go on with large tables.
    gray: Vec<mark::Gray>,
    /// Black tables that were stored into.
    again: Vec<*mut TabObj>,
    /// Coroutines met in this mark phase.
    stacks: Vec<*mut ThreadObj>,
    /// Weak tables met in this mark phase.
    weak: Vec<*mut TabObj>,
    /// All prototypes.
    protos: Vec<*mut ProtoObj>,
    /// Coroutines that may have open upvalues.
    threads: Vec<*mut ThreadObj>,
    /// Newest userdata: the head of the list of all.
    udata: *mut UdataObj,
    /// Userdata whose finaliser is due.
    due: VecDeque<*mut UdataObj>,
}

impl Collector {
    pub fn new(config: &Config) -> Collector {
        Collector {
            phase: Phase::Idle,
            epoch: 0,
            stopped: false,
            pause: 200,
            stepmul: 200,
            live: 0,
            compiled: 0,
            room: config.room,
            seen: 0,
            gray: Vec::new(),
            again: Vec::new(),
            stacks: Vec::new(),
            weak: Vec::new(),
            protos: Vec::new(),
            threads: Vec::new(),
            udata: ptr::null_mut(),
            due: VecDeque::new(),
        }
    }
}

/// Gives access to the collector's state; the borrow must end before anything else that asks for it is called.
#[allow(clippy::mut_from_ref)]
fn collector(vm: &Vm) -> &mut Collector {
    // SAFETY: one thread uses the machine; callers do not hold it across other calls of this module.
    unsafe { &mut *vm.heap.collector.get() }
}

/// Sets the bytes in use at which the first cycle begins.
fn first_goal(vm: &Vm) {
    vm.set_threshold(collector(vm).goal());
}

/// Enters a new prototype into the list of those whose debug information must be dropped.
pub(crate) fn adopt_proto(vm: &Vm, pt: *mut ProtoObj) {
    collector(vm).protos.push(pt);
}

/// Enters a coroutine into the list of those with open upvalues.
pub(crate) fn list_thread(vm: &Vm, th: *mut ThreadObj) {
    collector(vm).threads.push(th);
}

/// Returns the end of what the frames of a coroutine use.
pub(crate) unsafe fn extent(vm: &Vm, th: *mut ThreadObj) -> *mut u64 {
    // SAFETY: the coroutine is live, `base` is the frame of the function below it.
    unsafe {
        let (base, mut end) = if th == vm.cur { (vm.base, vm.top.get()) } else { ((*th).base, (*th).top) };
        if let Some(f) = Value(*base.sub(2)).as_func()
            && (*f).builtin == 0
        {
            end = end.max(base.add((*FuncObj::proto(f)).frame_size as usize));
        }
        end.min((*th).stack.add((*th).stack_size as usize))
    }
}

/// Must follow a store of a collectable value into a table.
///
/// # Safety
/// `t` is a live table.
#[inline(always)]
pub unsafe fn barrier_back(vm: &Vm, t: *mut TabObj) {
    // SAFETY: as the caller says.
    unsafe {
        if (*t).marked == vm.heap.gc_epoch.get() {
            make_gray(vm, t);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn make_gray(vm: &Vm, t: *mut TabObj) {
    // SAFETY: the table is live (caller).
    unsafe { (*t).marked = 0 };
    collector(vm).again.push(t);
}

/// Must follow a store of `v` into any other object.
///
/// # Safety
/// `o` and what `v` refers to are live.
#[inline(always)]
pub unsafe fn barrier_forward(vm: &Vm, o: *mut Header, v: Value) {
    // SAFETY: as the caller says.
    unsafe {
        if (*o).marked == vm.heap.gc_epoch.get() {
            mark_now(vm, v);
        }
    }
}

/// Must follow a store of `v` into an upvalue (a closed one matters only).
///
/// # Safety
/// `uv` and what `v` refers to are live.
#[inline(always)]
pub unsafe fn barrier_upvalue(vm: &Vm, uv: *mut UpvalObj, v: Value) {
    // SAFETY: as the caller says.
    unsafe { barrier_forward(vm, uv.cast(), v) }
}

/// Must follow the closing of an upvalue: it may have been traversed while the stack still held its variable.
pub(crate) unsafe fn barrier_close(vm: &Vm, uv: *mut UpvalObj) {
    let epoch = vm.heap.gc_epoch.get();
    // SAFETY: the upvalue is live and closed (caller).
    unsafe {
        if epoch != IDLE && vm.heap.is_cell_marked(uv.cast()) {
            (*uv).marked = epoch;
            mark_now(vm, Value((*uv).tv));
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn mark_now(vm: &Vm, v: Value) {
    // SAFETY: `v` refers to a live object (caller).
    unsafe { mark::value(&vm.heap, &mut collector(vm).gray, v) }
}

impl Vm {
    /// Says whether a safepoint has work to do.
    #[inline(always)]
    pub fn gc_due(&self) -> bool {
        self.heap.due.get() != 0
    }

    /// Does a bounded piece of collection, if one is due. Finalisers that became due are queued: see [`Vm::next_finalizer`].
    pub fn safepoint(&mut self) {
        if !self.gc_due() {
            return;
        }
        if self.heap.config.gc_stress {
            return self.collect_full();
        }
        let c = collector(self);
        let (total, max) = (self.heap.total.get(), self.heap.config.max_memory);
        if max != 0 && total > max - max / 8 && total > c.live + max / 16 {
            return self.collect_full();
        }
        self.heap.due.set(0);
        if c.stopped {
            self.heap.threshold.set(usize::MAX);
            return;
        }
        let allocated = total.saturating_sub(c.seen);
        let work = match c.stepmul {
            0 => usize::MAX,
            percent => (allocated.max(STEP) / 100).saturating_mul(percent as usize * SPEED).max(MIN_STEP),
        };
        self.step(work);
    }

    /// Does about `work` bytes of collection; says whether a cycle ended.
    fn step(&mut self, work: usize) -> bool {
        self.heap.collecting.set(true);
        let mut left = work as isize;
        let ended = loop {
            let vm: &Vm = self;
            match collector(vm).phase {
                Phase::Idle => mark::start(vm),
                Phase::Mark => {
                    left = mark::propagate(vm, left);
                    if left > 0 {
                        // SAFETY: a safepoint: all that is live is reachable from the roots and the stacks.
                        unsafe { atomic::run(self) };
                    }
                }
                Phase::Strings => {
                    let slots = (left as usize / SLOT_COST).max(64);
                    if sweep_strings(vm, slots) {
                        break true;
                    }
                    left -= (slots * SLOT_COST) as isize;
                }
            }
            if left <= 0 {
                break false;
            }
        };
        let c = collector(self);
        let total = self.heap.total.get();
        c.seen = total;
        self.set_threshold(if ended { c.goal() } else { total + STEP });
        self.heap.collecting.set(false);
        ended
    }

    fn set_threshold(&self, bytes: usize) {
        self.heap.threshold.set(bytes);
        self.heap.due.set((self.heap.config.gc_stress || self.heap.total.get() >= bytes).into());
    }

    /// Runs a whole collection cycle (finalisers are queued, not called).
    pub fn collect_full(&mut self) {
        self.heap.collecting.set(true);
        if collector(self).phase == Phase::Strings {
            sweep_strings(self, usize::MAX);
        }
        mark::abandon(self);
        mark::start(self);
        mark::propagate(self, isize::MAX);
        // SAFETY: a safepoint: all that is live is reachable from the roots and the stacks.
        unsafe { atomic::run(self) };
        sweep_strings(self, usize::MAX);
        self.heap.space().trim(KEEP_BLOCKS, 1);
        self.heap.collecting.set(false);
        let c = collector(self);
        c.stopped = false;
        c.seen = self.heap.total.get();
        self.set_threshold(c.goal());
    }

    /// Returns the number of bytes in use.
    pub fn heap_bytes(&self) -> usize {
        // SAFETY: a read.
        let table = unsafe { (*self.heap.strings.get()).bytes() };
        self.heap.total.get() - self.heap.rests() + table
    }

    /// Does one `collectgarbage("step", n)`; says whether a cycle ended.
    pub fn gc_step(&mut self, kbytes: u32) -> bool {
        let c = collector(self);
        c.stopped = false;
        let work = match c.stepmul {
            0 => usize::MAX,
            percent => (kbytes as usize).max(1) * 1024 / 100 * percent as usize,
        };
        self.step(work.min(isize::MAX as usize))
    }

    /// Stops or restarts automatic collection.
    pub fn gc_stop(&mut self, stop: bool) {
        collector(self).stopped = stop;
        self.set_threshold(if stop { usize::MAX } else { 0 });
    }

    /// Says whether automatic collection is on.
    pub fn gc_running(&self) -> bool {
        !collector(self).stopped
    }

    /// Sets pause (percent), returns the old one.
    pub fn gc_set_pause(&mut self, percent: u32) -> u32 {
        std::mem::replace(&mut collector(self).pause, percent)
    }

    /// Sets step multiplier (percent), returns the old one.
    pub fn gc_set_stepmul(&mut self, percent: u32) -> u32 {
        std::mem::replace(&mut collector(self).stepmul, percent)
    }
}

impl Collector {
    /// Returns the bytes in use at which the next cycle begins: a quarter more than `pause` says, since the sweep
    /// takes no time in which memory would grow further.
    fn goal(&self) -> usize {
        ((self.live + self.compiled) / 80)
            .saturating_mul(self.pause as usize)
            .max(MIN_THRESHOLD)
            .max(self.live.saturating_add(self.room))
    }
}

/// Says whether this cycle overwrites dead cells: under stress, now and then, since it writes all free memory.
fn poisons(vm: &Vm) -> bool {
    vm.heap.config.gc_stress && collector(vm).epoch.is_multiple_of(16)
}

/// Looks at `slots` slots of the intern table; says whether that was the last step, and then ends the cycle.
fn sweep_strings(vm: &Vm, slots: usize) -> bool {
    let heap = &vm.heap;
    // SAFETY: the borrow of the table ends here.
    if !unsafe { (*heap.strings.get()).sweep(heap, slots) } {
        return false;
    }
    heap.black_strings.set(false);
    heap.recycle_strings.set(true);
    heap.large(1).sweep();
    heap.space().sweep(1);
    if poisons(vm) {
        heap.space().poison(1);
    }
    let c = collector(vm);
    c.phase = Phase::Idle;
    // What will be allocated before the next cycle is kept.
    heap.space().trim(KEEP_BLOCKS + c.goal().saturating_sub(c.live) / crate::alloc::BLOCK, TRIM_SHARE);
    true
}

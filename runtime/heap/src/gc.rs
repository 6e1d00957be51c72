//! The collector: incremental mark and lazy sweep.

mod roots;

use crate::alloc::{self, CellKind};
use crate::object::{FuncObj, Header, ProtoObj, TabObj, ThreadObj, UdataObj, UpvalObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::objtype;
use std::any::Any;
use std::ptr;

/// State of the collector.
pub(crate) struct Collector {
    /// All prototypes.
    protos: Vec<*mut ProtoObj>,
    /// Coroutines that may have open upvalues.
    threads: Vec<*mut ThreadObj>,
    /// Newest userdata: the head of the list of all.
    udata: *mut UdataObj,
}

impl Collector {
    pub fn new() -> Collector {
        Collector { protos: Vec::new(), threads: Vec::new(), udata: ptr::null_mut() }
    }
}

#[allow(clippy::mut_from_ref)]
fn collector(vm: &Vm) -> &mut Collector {
    // SAFETY: one thread uses the machine; callers here do not hold it across other calls of this module.
    unsafe { &mut *vm.heap.collector.get() }
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
        if th != vm.cur {
            return (*th).top;
        }
        let mut end = vm.top.get();
        if let Some(f) = Value(*vm.base.sub(2)).as_func()
            && (*f).builtin == 0
        {
            end = end.max(vm.base.add((*FuncObj::proto(f)).frame_size as usize));
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
    let _ = (vm, t);
}

/// Must follow a store of `v` into any other object.
///
/// # Safety
/// `o` and what `v` refers to are live.
#[inline(always)]
pub unsafe fn barrier_forward(vm: &Vm, o: *mut Header, v: Value) {
    let _ = (vm, o, v);
}

/// Must follow a store of `v` into an upvalue (a closed one matters only).
///
/// # Safety
/// `uv` and what `v` refers to are live.
#[inline(always)]
pub unsafe fn barrier_upvalue(vm: &Vm, uv: *mut UpvalObj, v: Value) {
    let _ = (vm, uv, v);
}

/// Creates a userdata.
pub fn new_userdata(vm: &Vm, payload: Option<Box<dyn Any>>) -> Result<*mut UdataObj, Raise> {
    let u: *mut UdataObj = alloc::alloc(vm, size_of::<UdataObj>(), CellKind::Owner)?.cast();
    let c = collector(vm);
    // SAFETY: the cell has the size of a userdata; the running coroutine is live.
    unsafe {
        u.write(UdataObj {
            gct: objtype::UDATA,
            marked: 0,
            finalized: 0,
            pad: 0,
            pad2: 0,
            meta: ptr::null_mut(),
            env: (*vm.cur).env,
            host: payload.map_or(ptr::null_mut(), |p| Box::into_raw(Box::new(p))),
            next: c.udata,
        });
    }
    c.udata = u;
    Ok(u)
}

impl Vm {
    /// Says whether a safepoint has work to do.
    #[inline(always)]
    pub fn gc_due(&self) -> bool {
        self.heap.due.get() != 0
    }

    /// Does a bounded piece of collection, if one is due. Finalisers that became due are queued: see [`Vm::next_finalizer`].
    pub fn safepoint(&mut self) {}

    /// Runs a whole collection cycle (finalisers are queued, not called).
    pub fn collect_full(&mut self) {}

    /// Takes the next userdata whose `__gc` is due; the interpreter calls it.
    pub fn next_finalizer(&mut self) -> Option<*mut UdataObj> {
        None
    }

    /// Makes every userdata with `__gc` due (at the end of the program).
    pub fn finalize_all(&mut self) {}

    /// Returns the number of bytes in use.
    pub fn heap_bytes(&self) -> usize {
        self.heap.total.get() - self.heap.rests()
    }

    /// Does one `collectgarbage("step", n)`; says whether a cycle ended.
    pub fn gc_step(&mut self, kbytes: u32) -> bool {
        let _ = kbytes;
        true
    }

    /// Stops or restarts automatic collection.
    pub fn gc_stop(&mut self, stop: bool) {
        let _ = stop;
    }

    /// Sets pause (percent), returns the old one.
    pub fn gc_set_pause(&mut self, percent: u32) -> u32 {
        let _ = percent;
        200
    }

    /// Sets step multiplier (percent), returns the old one.
    pub fn gc_set_stepmul(&mut self, percent: u32) -> u32 {
        let _ = percent;
        200
    }
}

//! The collector: incremental mark and lazy sweep.

use crate::object::{Header, TabObj, UdataObj, UpvalObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use std::any::Any;

/// Must follow a store of a collectable value into a table.
///
/// # Safety
/// `t` is a live table.
#[inline(always)]
pub unsafe fn barrier_back(vm: &Vm, t: *mut TabObj) {
    let _ = (vm, t);
    unimplemented!()
}

/// Must follow a store of `v` into any other object.
///
/// # Safety
/// `o` and what `v` refers to are live.
#[inline(always)]
pub unsafe fn barrier_forward(vm: &Vm, o: *mut Header, v: Value) {
    let _ = (vm, o, v);
    unimplemented!()
}

/// Must follow a store of `v` into an upvalue (a closed one matters only).
///
/// # Safety
/// `uv` and what `v` refers to are live.
#[inline(always)]
pub unsafe fn barrier_upvalue(vm: &Vm, uv: *mut UpvalObj, v: Value) {
    let _ = (vm, uv, v);
    unimplemented!()
}

/// Creates a userdata.
pub fn new_userdata(vm: &Vm, payload: Option<Box<dyn Any>>) -> Result<*mut UdataObj, Raise> {
    let _ = (vm, payload);
    unimplemented!()
}

impl Vm {
    /// Says whether a safepoint has work to do.
    #[inline(always)]
    pub fn gc_due(&self) -> bool {
        unimplemented!()
    }

    /// Does a bounded piece of collection, if one is due. Finalisers that became due are queued: see [`Vm::next_finalizer`].
    pub fn safepoint(&mut self) {
        unimplemented!()
    }

    /// Runs a whole collection cycle (finalisers are queued, not called).
    pub fn collect_full(&mut self) {
        unimplemented!()
    }

    /// Takes the next userdata whose `__gc` is due; the interpreter calls it.
    pub fn next_finalizer(&mut self) -> Option<*mut UdataObj> {
        unimplemented!()
    }

    /// Makes every userdata with `__gc` due (at the end of the program).
    pub fn finalize_all(&mut self) {
        unimplemented!()
    }

    /// Returns the number of bytes in use.
    pub fn heap_bytes(&self) -> usize {
        unimplemented!()
    }

    /// Does one `collectgarbage("step", n)`; says whether a cycle ended.
    pub fn gc_step(&mut self, kbytes: u32) -> bool {
        let _ = kbytes;
        unimplemented!()
    }

    /// Stops or restarts automatic collection.
    pub fn gc_stop(&mut self, stop: bool) {
        let _ = stop;
        unimplemented!()
    }

    /// Sets pause (percent), returns the old one.
    pub fn gc_set_pause(&mut self, percent: u32) -> u32 {
        let _ = percent;
        unimplemented!()
    }

    /// Sets step multiplier (percent), returns the old one.
    pub fn gc_set_stepmul(&mut self, percent: u32) -> u32 {
        let _ = percent;
        unimplemented!()
    }

    /// Creates the main coroutine, registry, globals, metamethod names.
    pub(crate) fn init_roots(&mut self) {
        unimplemented!()
    }
}

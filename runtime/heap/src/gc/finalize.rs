//! Userdata and prototypes: finalisers, and what they own outside the heap.

use super::{collector, mark};
use crate::alloc::{self, CellKind};
use crate::metatable;
use crate::object::UdataObj;
use crate::vm::{Raise, Vm};
use abi::metamethod::Mm;
use abi::objtype;
use std::any::Any;
use std::ptr;

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

/// Queues the userdata whose `__gc` is due, newest first: the unmarked ones, or all. Marks them: they live on for the call.
pub unsafe fn separate(vm: &Vm, all: bool) {
    let heap = &vm.heap;
    let c = collector(vm);
    let marking = heap.gc_epoch.get() != alloc::IDLE;
    let mut link: *mut *mut UdataObj = &raw mut c.udata;
    // SAFETY: the list holds all userdata that are not queued; memory of dead ones is intact until the sweep.
    unsafe {
        while !(*link).is_null() {
            let u = *link;
            let dead = marking && !heap.is_cell_marked(u.cast());
            if (dead || all) && (*u).finalized == 0 {
                (*u).finalized = 1;
                if !metatable::get(vm, (*u).meta, Mm::Gc).is_nil() {
                    *link = (*u).next;
                    c.due.push_back(u);
                    if marking {
                        mark::object(heap, &mut c.gray, u);
                    }
                    continue;
                }
            }
            link = &raw mut (*u).next;
        }
    }
}

/// Drops what dead userdata and prototypes own.
pub unsafe fn drop_dead(vm: &Vm) {
    let heap = &vm.heap;
    let c = collector(vm);
    let mut link: *mut *mut UdataObj = &raw mut c.udata;
    let mut dropped = Vec::new();
    // SAFETY: memory of dead objects is intact until the sweep; nothing refers to their payloads any more.
    unsafe {
        while !(*link).is_null() {
            let u = *link;
            if heap.is_cell_marked(u.cast()) {
                link = &raw mut (*u).next;
            } else {
                *link = (*u).next;
                if !(*u).host.is_null() {
                    dropped.push(Box::from_raw((*u).host));
                }
            }
        }
        c.protos.retain(|&p| {
            let alive = heap.is_marked(p.cast());
            if !alive && !(*p).debug.is_null() {
                drop(Box::from_raw((*p).debug));
            }
            alive
        });
    }
}

impl Vm {
    /// Takes the next userdata whose `__gc` is due; the interpreter calls it.
    pub fn next_finalizer(&mut self) -> Option<*mut UdataObj> {
        let c = collector(self);
        let u = c.due.pop_front()?;
        // SAFETY: queued userdata are live; from now on this one is like any other.
        unsafe { (*u).next = c.udata };
        c.udata = u;
        Some(u)
    }

    /// Makes every userdata with `__gc` due (at the end of the program).
    pub fn finalize_all(&mut self) {
        // SAFETY: all userdata of the list are live or dead with their memory intact.
        unsafe { separate(self, true) }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        let c = collector(self);
        // SAFETY: the machine is gone: nobody uses its objects any more.
        unsafe {
            let mut u = c.udata;
            while !u.is_null() {
                c.due.push_back(u);
                u = (*u).next;
            }
            for u in c.due.drain(..) {
                if !(*u).host.is_null() {
                    drop(Box::from_raw((*u).host));
                }
            }
            for p in c.protos.drain(..) {
                if !(*p).debug.is_null() {
                    drop(Box::from_raw((*p).debug));
                }
            }
        }
    }
}

//! Sizes of the two parts: counting keys, choosing sizes, moving entries.

use super::insert::{array_index, insert};
use super::{MAX_ASIZE, MAX_HBITS, fill_nil, nil_node, node_count};
use crate::alloc::{self, CellKind};
use crate::gc;
use crate::object::{Node, TabObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::{tabflag, tag};
use std::ptr;

/// Number of power-of-two slices of the array part that are counted.
const BINS: usize = 28;

/// Allocates an array part, not filled.
pub(super) fn new_array(vm: &Vm, asize: u32) -> Result<*mut u64, Raise> {
    if asize > MAX_ASIZE {
        return Err(vm.raise_msg("table overflow"));
    }
    Ok(alloc::alloc(vm, asize as usize * 8, CellKind::Plain)?.cast())
}

/// Allocates a hash part, not filled.
pub(super) fn raw_nodes(vm: &Vm, nodes: u32) -> Result<*mut Node, Raise> {
    if nodes > 1 << MAX_HBITS {
        return Err(vm.raise_msg("table overflow"));
    }
    Ok(alloc::alloc(vm, nodes as usize * size_of::<Node>(), CellKind::Plain)?.cast())
}

/// Allocates an empty hash part.
pub(super) fn new_nodes(vm: &Vm, nodes: u32) -> Result<*mut Node, Raise> {
    let p = raw_nodes(vm, nodes)?;
    // SAFETY: just allocated for that many nodes.
    unsafe { clear_nodes(p, nodes) };
    Ok(p)
}

/// Makes nodes empty.
pub(super) unsafe fn clear_nodes(p: *mut Node, nodes: u32) {
    for i in 0..nodes as usize {
        // SAFETY: `p` has that many nodes (caller).
        unsafe { p.add(i).write(Node { val: tag::NIL_BITS, key: tag::NIL_BITS, next: 0, pad: 0 }) };
    }
}

/// Frees a hash part.
unsafe fn free_nodes(vm: &Vm, p: *mut Node, hmask: u32) {
    if hmask > 0 {
        // SAFETY: the part was allocated with that size and its owner dropped it (caller).
        unsafe { alloc::free(vm, p.cast(), (hmask as usize + 1) * size_of::<Node>()) };
    }
}

/// Makes room.
pub unsafe fn reserve(vm: &Vm, t: *mut TabObj, asize: u32, nhash: u32) -> Result<(), Raise> {
    // SAFETY: module contract.
    unsafe {
        let nodes = node_count(nhash).max(if (*t).hmask > 0 { (*t).hmask + 1 } else { 0 });
        let have = if (*t).hmask > 0 { (*t).hmask + 1 } else { 0 };
        if asize > (*t).asize || nodes != have {
            resize(vm, t, asize.max((*t).asize), nodes)?;
        }
        Ok(())
    }
}

/// Sizes both parts anew and moves the entries.
unsafe fn resize(vm: &Vm, t: *mut TabObj, asize: u32, nodes: u32) -> Result<(), Raise> {
    // SAFETY: module contract; everything that can fail comes before the first change but for the array, which then has
    // grown by nil slots only, or keeps its size until the entries behind the new end have moved.
    unsafe {
        let (old_node, old_hmask, old_asize) = ((*t).node, (*t).hmask, (*t).asize);
        let node = if nodes > 0 { new_nodes(vm, nodes)? } else { nil_node() };
        if asize > old_asize {
            if asize > MAX_ASIZE {
                return Err(vm.raise_msg("table overflow"));
            }
            let array = if old_asize == 0 {
                new_array(vm, asize)?
            } else {
                alloc::resize(vm, (*t).array.cast(), old_asize as usize * 8, asize as usize * 8)?.cast()
            };
            fill_nil(array.add(old_asize as usize), asize - old_asize);
            (*t).array = array;
            (*t).asize = asize;
        }
        (*t).node = node;
        (*t).hmask = nodes.saturating_sub(1);
        (*t).freetop = nodes;
        (*t).shape = 0;
        (*t).flags &= !tabflag::DEAD_KEYS;
        gc::barrier_back(vm, t);
        if asize < old_asize {
            let array = (*t).array;
            (*t).asize = asize;
            for i in asize..old_asize {
                let v = *array.add(i as usize);
                if v != tag::NIL_BITS {
                    *insert(vm, t, Value::from_num(f64::from(i)))? = v;
                }
            }
            if asize == 0 {
                alloc::free(vm, array.cast(), old_asize as usize * 8);
                (*t).array = ptr::null_mut();
            } else {
                (*t).array = alloc::resize(vm, array.cast(), old_asize as usize * 8, asize as usize * 8)?.cast();
            }
        }
        if old_hmask > 0 {
            for i in 0..=old_hmask as usize {
                let n = old_node.add(i);
                if (*n).val != tag::NIL_BITS {
                    let k = Value((*n).key);
                    let slot = match array_index(k) {
                        Some(i) if i < (*t).asize => (*t).array.add(i as usize),
                        _ => insert(vm, t, k)?,
                    };
                    *slot = (*n).val;
                }
            }
            free_nodes(vm, old_node, old_hmask);
        }
        Ok(())
    }
}

/// Counts keys by the slice of the array part they would be in: slice `b` ends at index `2 << b`.
struct Count {
    bins: [u32; BINS],
    /// Keys that could be in an array part.
    ints: u32,
    /// All keys.
    total: u32,
}

impl Count {
    fn key(&mut self, k: Value) {
        self.total += 1;
        if let Some(i) = array_index(k) {
            self.bins[if i > 2 { (i - 1).ilog2() as usize } else { 0 }] += 1;
            self.ints += 1;
        }
    }

    /// Counts the array part.
    unsafe fn array(&mut self, t: *const TabObj) {
        // SAFETY: indices are below the array's size.
        unsafe {
            let asize = (*t).asize;
            let mut i = 0;
            let mut bin = 0;
            while i < asize {
                let end = asize.min((2u32 << bin) + 1);
                let mut used = 0;
                while i < end {
                    used += u32::from(*(*t).array.add(i as usize) != tag::NIL_BITS);
                    i += 1;
                }
                self.bins[bin] += used;
                self.ints += used;
                self.total += used;
                bin += 1;
            }
        }
    }

    /// Counts the hash part.
    unsafe fn nodes(&mut self, t: *const TabObj) {
        // SAFETY: a hash part has `hmask + 1` nodes.
        unsafe {
            for i in 0..=(*t).hmask as usize {
                let n = (*t).node.add(i);
                if (*n).val != tag::NIL_BITS {
                    self.key(Value((*n).key));
                }
            }
        }
    }

    /// Returns the largest array size of which more than half is in use, and how many keys it takes.
    fn best(&self) -> (u32, u32) {
        let (mut sum, mut size, mut taken) = (0, 0, 0);
        let mut b = 0;
        while u64::from(self.ints) * 2 > 1 << b && sum != self.ints {
            if self.bins[b] > 0 {
                sum += self.bins[b];
                if u64::from(sum) * 2 > 1 << b {
                    size = (2 << b) + 1;
                    taken = sum;
                }
            }
            b += 1;
        }
        (size, taken)
    }
}

/// Sizes the table for its entries and one more key.
pub(super) unsafe fn rehash(vm: &Vm, t: *mut TabObj, extra: Value) -> Result<(), Raise> {
    let mut count = Count { bins: [0; BINS], ints: 0, total: 0 };
    // SAFETY: module contract.
    unsafe {
        count.array(t);
        count.nodes(t);
        count.key(extra);
        let (asize, taken) = count.best();
        resize(vm, t, asize, node_count(count.total - taken))
    }
}

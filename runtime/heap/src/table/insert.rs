//! Stores, and the insertion of keys.

use super::{DEAD_STR, MAX_ASIZE, array_slot, find_num, find_str, follow, hash, link, main_node, search};
use crate::gc;
use crate::object::{Node, StrObj, TabObj};
use crate::shape;
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::{tabflag, tag};
use std::ptr;

/// Inserts a key that [`find`](super::find) did not find; returns where its value goes (now nil). Raises on nil and NaN keys.
/// Clears the negative metamethod cache and does the barrier for the key.
pub unsafe fn new_key(vm: &Vm, t: *mut TabObj, k: Value) -> Result<*mut u64, Raise> {
    let mut k = k;
    if let Some(n) = k.as_num() {
        if n.is_nan() {
            return Err(vm.raise_msg("table index is NaN"));
        }
        k = Value::from_num(n + 0.0);
    } else if k.is_nil() {
        return Err(vm.raise_msg("table index is nil"));
    }
    // SAFETY: the key is normal and not in the table.
    unsafe { insert(vm, t, k) }
}

/// Inserts a normal key that is not in the table.
pub(super) unsafe fn insert(vm: &Vm, t: *mut TabObj, k: Value) -> Result<*mut u64, Raise> {
    // SAFETY: module contract; all nodes are of the table's hash part.
    unsafe {
        (*t).nomm = 0;
        if (*t).hmask == 0
            && let Some(i) = array_index(k)
        {
            let slot = super::resize::grow_array(vm, t, i)?;
            if !slot.is_null() {
                return Ok(slot);
            }
        }
        if (*t).shape != shape::NONE {
            if let Some(s) = k.as_str() {
                return insert_shaped(vm, t, s);
            }
            (*t).shape = shape::NONE;
            (*t).flags |= tabflag::MIXED_KEYS;
        }
        if (*t).flags & tabflag::DEAD_KEYS != 0 && k.is_str() {
            let slot = revive(t, k);
            if !slot.is_null() {
                gc::barrier_back(vm, t);
                return Ok(slot);
            }
        }
        let Some(slot) = place(t, k) else {
            super::resize::rehash(vm, t, k)?;
            return slot_after_rehash(vm, t, k);
        };
        gc::barrier_back(vm, t);
        Ok(slot)
    }
}

/// Inserts a string into a table that has a shape. Nodes stay their keys' even without a value, so that the layout
/// follows from the keys alone.
#[inline]
unsafe fn insert_shaped(vm: &Vm, t: *mut TabObj, s: *mut StrObj) -> Result<*mut u64, Raise> {
    // SAFETY: module contract; the table has a shape.
    unsafe {
        let slot = shape::insert_known(vm, t, s);
        if slot.is_null() {
            return insert_unknown(vm, t, s);
        }
        gc::barrier_back(vm, t);
        Ok(slot)
    }
}

#[inline(never)]
unsafe fn insert_unknown(vm: &Vm, t: *mut TabObj, s: *mut StrObj) -> Result<*mut u64, Raise> {
    // SAFETY: module contract; all keys of the part are strings that live as long as shapes.
    unsafe {
        let k = Value::from_str(s);
        if (*t).hmask == 0 {
            super::resize::grow_shaped(vm, t, s)?;
            return insert(vm, t, k);
        }
        let mut n = main_node(t, (*s).hash);
        let (mut head, mut moved) = (ptr::null(), false);
        if (*n).key != tag::NIL_BITS {
            let freetop = (*t).freetop;
            let free = take_free(t);
            if free.is_null() {
                (*t).freetop = freetop;
                super::resize::grow_shaped(vm, t, s)?;
                return insert(vm, t, k);
            }
            let collide = main_node(t, hash(Value((*n).key)));
            if collide == n {
                link(free, follow(n));
                link(n, free);
                head = n.cast_const();
                n = free;
            } else {
                move_away(n, collide, free);
                moved = true;
            }
        }
        (*n).key = k.0;
        shape::advance(vm, t, s, &shape::Placed::new(t, n, head, moved));
        gc::barrier_back(vm, t);
        Ok(&raw mut (*n).val)
    }
}

/// Gives a key that has none a node of a table without shape; `None` if there is no room. The barrier is the caller's.
#[inline(always)]
unsafe fn place(t: *mut TabObj, k: Value) -> Option<*mut u64> {
    // SAFETY: module contract.
    unsafe {
        let mut n = main_node(t, hash(k));
        if (*n).val != tag::NIL_BITS || (*t).hmask == 0 {
            let free = take_free(t);
            if free.is_null() {
                return None;
            }
            let collide = main_node(t, hash(Value((*n).key)));
            if collide == n {
                link(free, follow(n));
                link(n, free);
                n = free;
            } else {
                move_away(n, collide, free);
            }
        }
        (*n).key = k.0;
        Some(&raw mut (*n).val)
    }
}

/// Finds the node that the same key had before the collector declared it dead, or returns null. (Or another string's that
/// had the same address: it is in the right chain, and that is all that matters.)
#[cold]
unsafe fn revive(t: *mut TabObj, k: Value) -> *mut u64 {
    // SAFETY: module contract.
    unsafe {
        let slot = search(t, hash(k), k.0 & tag::PTR_MASK | DEAD_STR << tag::SHIFT);
        if !slot.is_null() {
            (*slot.cast::<Node>()).key = k.0;
        }
        slot
    }
}

/// Takes a node that no key has used, or returns null.
unsafe fn take_free(t: *mut TabObj) -> *mut Node {
    // SAFETY: `freetop` is at most the number of nodes; an empty part has 0.
    unsafe {
        while (*t).freetop > 0 {
            (*t).freetop -= 1;
            let n = (*t).node.add((*t).freetop as usize);
            if (*n).key == tag::NIL_BITS {
                return n;
            }
        }
    }
    ptr::null_mut()
}

/// Moves the node `n`, which is in the chain of `main`, to `free`.
pub(super) unsafe fn move_away(n: *mut Node, main: *mut Node, free: *mut Node) {
    // SAFETY: `n` is in the chain (table invariant), so its predecessor is found.
    unsafe {
        let mut before = main;
        while follow(before) != n {
            before = follow(before);
        }
        link(before, free);
        (*free).val = (*n).val;
        (*free).key = (*n).key;
        link(free, follow(n));
        (*n).next = 0;
        (*n).val = tag::NIL_BITS;
    }
}

/// Finds or inserts a key after the table was sized anew for it.
unsafe fn slot_after_rehash(vm: &Vm, t: *mut TabObj, k: Value) -> Result<*mut u64, Raise> {
    // SAFETY: module contract.
    unsafe {
        if let Some(n) = k.as_num() {
            let slot = array_slot(t, n);
            if !slot.is_null() {
                return Ok(slot);
            }
        }
        let slot = search(t, hash(k), k.0);
        if slot.is_null() { insert(vm, t, k) } else { Ok(slot) }
    }
}

/// Stores with barrier.
#[inline(always)]
unsafe fn store(vm: &Vm, t: *mut TabObj, slot: *mut u64, v: Value) {
    // SAFETY: `slot` is a slot of `t`.
    unsafe {
        *slot = v.0;
        if v.is_gc() {
            gc::barrier_back(vm, t);
        }
    }
}

/// Stores with barrier.
pub unsafe fn set(vm: &Vm, t: *mut TabObj, k: Value, v: Value) -> Result<(), Raise> {
    // SAFETY: module contract.
    unsafe {
        (*t).nomm = 0;
        let mut slot = super::find(t, k);
        if slot.is_null() {
            slot = new_key(vm, t, k)?;
        }
        store(vm, t, slot, v);
        Ok(())
    }
}

/// Stores with barrier.
pub unsafe fn set_str(vm: &Vm, t: *mut TabObj, k: *mut StrObj, v: Value) -> Result<(), Raise> {
    // SAFETY: module contract.
    unsafe {
        (*t).nomm = 0;
        let n = main_node(t, (*k).hash);
        let slot = if (*n).key == Value::from_str(k).0 { &raw mut (*n).val } else { slot_str(vm, t, k)? };
        store(vm, t, slot, v);
        Ok(())
    }
}

/// Finds or inserts a string key that is not in its main position.
unsafe fn slot_str(vm: &Vm, t: *mut TabObj, k: *mut StrObj) -> Result<*mut u64, Raise> {
    // SAFETY: module contract.
    unsafe {
        let slot = add_known(vm, t, k);
        if !slot.is_null() {
            return Ok(slot);
        }
        let slot = find_str(t, k);
        if slot.is_null() { insert(vm, t, Value::from_str(k)) } else { Ok(slot) }
    }
}

/// Inserts a string key if the table's shape says that it is new and where it goes; returns where its value goes, or null.
/// Clears the negative metamethod cache and does the barrier for the key.
#[inline(always)]
pub unsafe fn add_known(vm: &Vm, t: *mut TabObj, k: *mut StrObj) -> *mut u64 {
    // SAFETY: module contract. The record of "no shape" has no transition.
    unsafe {
        let slot = shape::insert_known(vm, t, k);
        if !slot.is_null() {
            (*t).nomm = 0;
            gc::barrier_back(vm, t);
        }
        slot
    }
}

/// Stores with barrier.
pub unsafe fn set_int(vm: &Vm, t: *mut TabObj, i: i64, v: Value) -> Result<(), Raise> {
    // SAFETY: module contract.
    unsafe {
        let mut slot =
            if (i as u64) < u64::from((*t).asize) { (*t).array.add(i as usize) } else { find_num(t, i as f64) };
        if slot.is_null() {
            slot = insert(vm, t, Value::from_num(i as f64))?;
        }
        store(vm, t, slot, v);
        Ok(())
    }
}

/// Copies array slots with a barrier, if source and target are in the array part.
pub unsafe fn move_within(vm: &Vm, t: *mut TabObj, from: std::ops::Range<i64>, to: i64) -> bool {
    // SAFETY: module contract; the bounds were checked.
    unsafe {
        let size = i64::from((*t).asize);
        let n = from.end.saturating_sub(from.start);
        if n <= 0 {
            return n == 0;
        }
        if from.start < 0 || from.end > size || to < 0 || to > size - n {
            return false;
        }
        let array = (*t).array;
        std::ptr::copy(array.add(from.start as usize), array.add(to as usize), n as usize);
        gc::barrier_back(vm, t);
        true
    }
}

/// Returns the integer that counts for the array part, if the key is one.
#[inline(always)]
pub(super) fn array_index(k: Value) -> Option<u32> {
    let n = k.as_num()?;
    let i = n as u32;
    (f64::from(i) == n && i < MAX_ASIZE).then_some(i)
}

//! Tables: array part and chained hash part.
//!
//! What a program can observe is LuaJIT's: the array part begins at index 0 and is sized so that more than half of it is in
//! use, when the hash part is full all keys are counted and both parts sized anew ([`resize`]); `#` searches a border in the
//! array first; traversal goes through the array, then the nodes. Hash chains use Brent's variation: a key that is not
//! in its main position makes way for one that would be.
//!
//! Invariant: a key with a value is in the chain that begins at its main position.
//! Invariant: an empty hash part is [`NIL_NODE`], `hmask` and `freetop` 0; nobody writes there.
//! Invariant: keys are normal: no -0, no NaN, no nil; comparing the bits compares keys.
//!
//! Safety of all functions here: table arguments are live, values refer to live objects.
#![allow(clippy::missing_safety_doc)]

mod insert;
mod refill;
mod resize;
#[cfg(test)]
mod tests;
mod walk;

use crate::alloc::{self, CellKind};
use crate::gc;
use crate::object::{Node, StrObj, TabObj};
use crate::shape;
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::{objtype, tabflag, tag};
use std::ptr;

pub use insert::{add_known, move_within, new_key, set, set_int, set_str};
pub use resize::reserve;
pub(crate) use walk::DEAD_STR;
pub use walk::{entry_from, len, next, position};

/// Slots of the largest array part.
const MAX_ASIZE: u32 = (1 << 27) + 1;
/// Binary logarithm of the nodes of the largest hash part.
const MAX_HBITS: u32 = 26;

struct StaticNode(Node);
// SAFETY: nobody writes it.
unsafe impl Sync for StaticNode {}
static NIL_NODE: StaticNode = StaticNode(Node { val: tag::NIL_BITS, key: tag::NIL_BITS, next: 0, pad: 0 });

/// Returns the hash part of tables that have none.
#[inline(always)]
pub fn nil_node() -> *mut Node {
    (&raw const NIL_NODE.0).cast_mut()
}

/// Returns the smallest power of two of nodes that hold `n` entries (0 for 0, otherwise at least 2).
const fn node_count(n: u32) -> u32 {
    if n == 0 {
        0
    } else if n > 1 << 30 {
        1 << 31
    } else if n == 1 {
        2
    } else {
        n.next_power_of_two()
    }
}

/// Mixes the bits of numbers and addresses, as LuaJIT does (the order of traversal shows it).
#[inline(always)]
const fn mix(lo: u32, hi: u32) -> u32 {
    let lo = lo ^ hi;
    let hi = hi.rotate_left(14);
    let lo = lo.wrapping_sub(hi);
    let hi = hi.rotate_left(5) ^ lo;
    hi.wrapping_sub(lo.rotate_left(13))
}

#[inline(always)]
const fn mix_num(bits: u64) -> u32 {
    mix(bits as u32, ((bits >> 32) as u32) << 1)
}

/// Returns the hash of a normal key.
#[inline(always)]
unsafe fn hash(k: Value) -> u32 {
    if let Some(s) = k.as_str() {
        // SAFETY: the key is a live string (module contract).
        unsafe { (*s).hash }
    } else if k.is_num() {
        mix_num(k.0)
    } else if k.is_bool() {
        u32::from(k == Value::TRUE)
    } else {
        mix(k.0 as u32, (k.0 >> 32) as u32)
    }
}

/// Returns the node at the head of the chain for a hash.
#[inline(always)]
unsafe fn main_node(t: *const TabObj, hash: u32) -> *mut Node {
    // SAFETY: a hash part has `hmask + 1` nodes.
    unsafe { (*t).node.add((hash & (*t).hmask) as usize) }
}

/// Returns the next node of a chain, or null.
#[inline(always)]
unsafe fn follow(n: *mut Node) -> *mut Node {
    // SAFETY: a nonzero distance leads to another node of the same part.
    unsafe {
        let d = (*n).next;
        if d == 0 { ptr::null_mut() } else { n.byte_offset(d as isize) }
    }
}

/// Makes `to` the successor of `n` (null: none).
#[inline(always)]
unsafe fn link(n: *mut Node, to: *mut Node) {
    // SAFETY: both are nodes of one part, which is smaller than 2 GiB.
    unsafe { (*n).next = if to.is_null() { 0 } else { to.byte_offset_from(n) as i32 } }
}

/// Searches the chain of a hash for the bits of a key.
#[inline(always)]
unsafe fn search(t: *const TabObj, hash: u32, key: u64) -> *mut u64 {
    // SAFETY: chains stay inside the part and end.
    unsafe {
        let mut n = main_node(t, hash);
        loop {
            if (*n).key == key {
                return &raw mut (*n).val;
            }
            let d = (*n).next;
            if d == 0 {
                return ptr::null_mut();
            }
            n = n.byte_offset(d as isize);
        }
    }
}

#[inline(always)]
unsafe fn value_at(slot: *const u64) -> Value {
    // SAFETY: null or a slot of a live table (callers).
    if slot.is_null() { Value::NIL } else { Value(unsafe { *slot }) }
}

/// Creates a table with `asize` array slots (index 0 included) and room for `nhash` entries.
pub fn new(vm: &Vm, asize: u32, nhash: u32) -> Result<*mut TabObj, Raise> {
    let nodes = node_count(nhash);
    let t = allocate(vm, asize, nodes)?;
    // SAFETY: the parts are new and have these sizes.
    unsafe {
        (*t).nomm = !0;
        fill_nil((*t).array, asize);
        if nodes > 0 {
            resize::clear_nodes((*t).node, nodes);
        }
    }
    Ok(t)
}

/// Allocates a table and its parts; slots and nodes are not filled.
#[inline(always)]
fn allocate(vm: &Vm, asize: u32, nodes: u32) -> Result<*mut TabObj, Raise> {
    let inner = asize > 0 && asize <= tabflag::MAX_INNER;
    let size = size_of::<TabObj>() + if inner { asize as usize * 8 } else { 0 };
    let t: *mut TabObj = alloc::alloc(vm, size, CellKind::Plain)?.cast();
    let array = if inner {
        t.wrapping_add(1).cast()
    } else if asize > 0 {
        resize::new_array(vm, asize)?
    } else {
        ptr::null_mut()
    };
    let node = if nodes > 0 { resize::raw_nodes(vm, nodes)? } else { nil_node() };
    // SAFETY: the new cell has the size of a table.
    unsafe {
        t.write(TabObj {
            gct: objtype::TAB,
            marked: 0,
            nomm: 0,
            flags: if inner { tabflag::INNER_ARRAY } else { 0 },
            shape: shape::root(nodes.saturating_sub(1)),
            array,
            node,
            meta: ptr::null_mut(),
            asize,
            hmask: nodes.saturating_sub(1),
            freetop: nodes,
            border: 0,
        });
    }
    Ok(t)
}

unsafe fn fill_nil(from: *mut u64, n: u32) {
    for i in 0..n as usize {
        // SAFETY: `n` slots from `from` on are the caller's.
        unsafe { *from.add(i) = tag::NIL_BITS };
    }
}

/// Copies a template.
pub unsafe fn dup(vm: &Vm, t: *const TabObj) -> Result<*mut TabObj, Raise> {
    // SAFETY: the new parts have the sizes of the template's; chains are relative, so they can be copied.
    unsafe {
        let (asize, hmask) = ((*t).asize, (*t).hmask);
        let copy = allocate(vm, asize, if hmask > 0 { hmask + 1 } else { 0 })?;
        (*copy).flags |= (*t).flags & (tabflag::DEAD_KEYS | tabflag::MIXED_KEYS);
        (*copy).shape = (*t).shape;
        (*copy).freetop = (*t).freetop;
        for i in 0..asize as usize {
            *(*copy).array.add(i) = *(*t).array.add(i);
        }
        if hmask > 0 {
            ptr::copy_nonoverlapping((*t).node, (*copy).node, hmask as usize + 1);
        }
        Ok(copy)
    }
}

/// Returns `t[k]`.
pub unsafe fn get(t: *const TabObj, k: Value) -> Value {
    // SAFETY: module contract.
    unsafe { value_at(find(t, k)) }
}

/// Returns `t[k]`.
#[inline(always)]
pub unsafe fn get_str(t: *const TabObj, k: *const StrObj) -> Value {
    // SAFETY: module contract.
    unsafe { value_at(find_str(t, k)) }
}

/// Returns `t[i]`.
#[inline(always)]
pub unsafe fn get_int(t: *const TabObj, i: i64) -> Value {
    // SAFETY: the index is below the array's size.
    unsafe {
        if (i as u64) < u64::from((*t).asize) {
            Value(*(*t).array.add(i as usize))
        } else if (*t).hmask == 0 {
            Value::NIL
        } else {
            get_int_hash(t, i)
        }
    }
}

#[inline(never)]
unsafe fn get_int_hash(t: *const TabObj, i: i64) -> Value {
    // SAFETY: module contract.
    unsafe { value_at(find_num(t, i as f64)) }
}

/// Returns where the value of an existing key is (its value may be nil), or null.
#[inline(always)]
pub unsafe fn find_str(t: *const TabObj, k: *const StrObj) -> *mut u64 {
    // SAFETY: module contract.
    unsafe { search(t, (*k).hash, k as u64 | tag::STR << tag::SHIFT) }
}

/// Returns where the value of a number key in the hash part is, or null. `n` is neither NaN nor -0.
#[inline(always)]
unsafe fn find_num(t: *const TabObj, n: f64) -> *mut u64 {
    // SAFETY: module contract.
    unsafe { search(t, mix_num(n.to_bits()), n.to_bits()) }
}

/// Returns the array slot that a number names, or null.
#[inline(always)]
unsafe fn array_slot(t: *const TabObj, n: f64) -> *mut u64 {
    let i = n as u32;
    // SAFETY: the index is below the array's size. (Asked first: the answer is mostly the same for all keys of a table.)
    unsafe { if i < (*t).asize && f64::from(i) == n { (*t).array.add(i as usize) } else { ptr::null_mut() } }
}

/// Returns where the value of an existing key is (its value may be nil), or null.
pub unsafe fn find(t: *const TabObj, k: Value) -> *mut u64 {
    // SAFETY: module contract; adding 0 makes -0 normal, and a NaN equals no key.
    unsafe {
        if let Some(s) = k.as_str() {
            find_str(t, s)
        } else if let Some(n) = k.as_num() {
            let slot = array_slot(t, n);
            if slot.is_null() { find_num(t, n + 0.0) } else { slot }
        } else if k.is_nil() {
            ptr::null_mut()
        } else {
            search(t, hash(k), k.0)
        }
    }
}

/// Removes all entries.
pub unsafe fn clear(t: *mut TabObj) {
    // SAFETY: module contract.
    unsafe {
        fill_nil((*t).array, (*t).asize);
        if (*t).hmask > 0 {
            let nodes = (*t).hmask + 1;
            resize::clear_nodes((*t).node, nodes);
            (*t).freetop = nodes;
        }
        if (*t).shape != shape::NONE {
            (*t).shape = shape::root((*t).hmask);
        }
    }
}

/// Sets the metatable (null: none), with barrier.
pub unsafe fn set_metatable(vm: &Vm, t: *mut TabObj, meta: *mut TabObj) {
    // SAFETY: module contract.
    unsafe {
        (*t).meta = meta;
        if !meta.is_null() {
            gc::barrier_back(vm, t);
        }
    }
}

//! Tables: array part and chained hash part.
//!
//! Safety of all functions here: table arguments are live, values refer to live objects.
#![allow(clippy::missing_safety_doc)]

use crate::object::{StrObj, TabObj};
use crate::value::Value;
use crate::vm::{Raise, Vm};

/// Creates a table with `asize` array slots (index 0 included) and room for `nhash` entries.
pub fn new(vm: &Vm, asize: u32, nhash: u32) -> Result<*mut TabObj, Raise> {
    let _ = (vm, asize, nhash);
    unimplemented!()
}
/// Copies a template.
pub unsafe fn dup(vm: &Vm, t: *const TabObj) -> Result<*mut TabObj, Raise> {
    let _ = (vm, t);
    unimplemented!()
}
/// Returns `t[k]`.
pub unsafe fn get(t: *const TabObj, k: Value) -> Value {
    let _ = (t, k);
    unimplemented!()
}
/// Returns `t[k]`.
#[inline(always)]
pub unsafe fn get_str(t: *const TabObj, k: *const StrObj) -> Value {
    let _ = (t, k);
    unimplemented!()
}
/// Returns `t[i]`.
#[inline(always)]
pub unsafe fn get_int(t: *const TabObj, i: i64) -> Value {
    let _ = (t, i);
    unimplemented!()
}
/// Returns where the value of an existing key is (its value may be nil), or null.
#[inline(always)]
pub unsafe fn find_str(t: *const TabObj, k: *const StrObj) -> *mut u64 {
    let _ = (t, k);
    unimplemented!()
}
/// Returns where the value of an existing key is (its value may be nil), or null.
pub unsafe fn find(t: *const TabObj, k: Value) -> *mut u64 {
    let _ = (t, k);
    unimplemented!()
}
/// Inserts a key that [`find`] did not find; returns where its value goes (now nil). Raises on nil and NaN keys.
/// Clears the negative metamethod cache and does the barrier for the key.
pub unsafe fn new_key(vm: &Vm, t: *mut TabObj, k: Value) -> Result<*mut u64, Raise> {
    let _ = (vm, t, k);
    unimplemented!()
}
/// Stores with barrier.
pub unsafe fn set(vm: &Vm, t: *mut TabObj, k: Value, v: Value) -> Result<(), Raise> {
    let _ = (vm, t, k, v);
    unimplemented!()
}
/// Stores with barrier.
pub unsafe fn set_str(vm: &Vm, t: *mut TabObj, k: *mut StrObj, v: Value) -> Result<(), Raise> {
    let _ = (vm, t, k, v);
    unimplemented!()
}
/// Stores with barrier.
pub unsafe fn set_int(vm: &Vm, t: *mut TabObj, i: i64, v: Value) -> Result<(), Raise> {
    let _ = (vm, t, i, v);
    unimplemented!()
}
/// Returns a border.
#[inline]
pub unsafe fn len(t: *const TabObj) -> u32 {
    let _ = t;
    unimplemented!()
}
/// Returns the entry after `k`.
pub unsafe fn next(vm: &Vm, t: *const TabObj, k: Value) -> Result<Option<(Value, Value)>, Raise> {
    let _ = (vm, t, k);
    unimplemented!()
}
/// Returns the first entry at position `at` or after it, and the position behind it: array slots first, then nodes.
#[inline]
pub unsafe fn entry_from(t: *const TabObj, at: u32) -> Option<(u32, Value, Value)> {
    let _ = (t, at);
    unimplemented!()
}
/// Removes all entries.
pub unsafe fn clear(t: *mut TabObj) {
    let _ = t;
    unimplemented!()
}
/// Makes room.
pub unsafe fn reserve(vm: &Vm, t: *mut TabObj, asize: u32, nhash: u32) -> Result<(), Raise> {
    let _ = (vm, t, asize, nhash);
    unimplemented!()
}
/// Sets the metatable (null: none), with barrier.
pub unsafe fn set_metatable(vm: &Vm, t: *mut TabObj, meta: *mut TabObj) {
    let _ = (vm, t, meta);
    unimplemented!()
}

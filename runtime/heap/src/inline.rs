//! What handlers need of the heap: results in one register, never an address of a local.
//!
//! A null pointer says that an error was raised.
#![allow(clippy::missing_safety_doc)]

use crate::alloc::{self, CellKind};
use crate::object::{Header, StrObj, TabObj};
use crate::value::Value;
use crate::vm::Vm;
use crate::{strtab, table};
use std::ptr::NonNull;

/// Says whether a store into this object needs its barrier.
#[inline(always)]
pub unsafe fn is_black(vm: *const Vm, o: *const Header) -> bool {
    // SAFETY: both are live (caller).
    unsafe { (*o).marked == (*vm).heap.gc_epoch.get() }
}

/// Allocates an object or buffer that is no string, not filled; null if memory is short.
#[inline]
pub fn cell(vm: &Vm, bytes: usize) -> *mut u8 {
    alloc::alloc(vm, bytes, CellKind::Plain).unwrap_or(std::ptr::null_mut())
}

/// Creates a table with `asize` array slots and `2^hbits` nodes (0: none).
#[inline]
pub unsafe fn new_table(vm: &Vm, asize: u32, hbits: u32) -> Option<NonNull<TabObj>> {
    let nhash = if hbits == 0 { 0 } else { 1 << hbits };
    table::new(vm, asize, nhash).ok().and_then(NonNull::new)
}

/// Inserts a string key by the table's shape, without a search; returns where its value goes (now nil), or null: then
/// the key may be there, or must be inserted in the ordinary way. The barrier for the key is done, that for the value not.
#[inline(always)]
pub unsafe fn add_known(vm: *const Vm, t: *mut TabObj, key: *mut StrObj) -> *mut u64 {
    // SAFETY: all are live (caller).
    unsafe { table::add_known(&*vm, t, key) }
}

/// Copies a template.
#[inline]
pub unsafe fn dup_table(vm: &Vm, t: *const TabObj) -> Option<NonNull<TabObj>> {
    // SAFETY: the template is live (caller).
    unsafe { table::dup(vm, t).ok().and_then(NonNull::new) }
}

/// Returns the traversal position behind `key`; `u32::MAX` if there is no such key.
#[inline]
pub unsafe fn position_after(t: *const TabObj, key: Value) -> u32 {
    // SAFETY: the table is live (caller).
    unsafe { table::position(t, key).unwrap_or(u32::MAX) }
}

/// Writes the first entry at position `at` or after it to `to` and `to + 1`; says whether there is one.
#[inline]
pub unsafe fn entry_into(t: *const TabObj, at: u32, to: *mut u64) -> bool {
    // SAFETY: the table is live and `to` has room for two values (caller).
    unsafe {
        match table::entry_from(t, at) {
            Some((_, k, v)) => {
                *to = k.0;
                *to.add(1) = v.0;
                true
            }
            None => false,
        }
    }
}

/// Interns `len` bytes at `p`; null if memory is short.
#[inline(never)]
pub unsafe fn intern(vm: &Vm, p: *const u8, len: usize) -> *mut StrObj {
    // SAFETY: the bytes are readable (caller).
    unsafe { strtab::intern_at(vm, p, len).unwrap_or(std::ptr::null_mut()) }
}

/// Returns the string of one byte; null if memory is short.
#[inline(always)]
pub fn char_string(vm: &Vm, c: u8) -> *mut StrObj {
    // SAFETY: of a byte that is there.
    unsafe { strtab::intern_at(vm, &raw const c, 1).unwrap_or(std::ptr::null_mut()) }
}

/// Returns the string form of a number; null if memory is short.
#[inline(never)]
pub fn number_string(vm: &Vm, n: f64) -> *mut StrObj {
    let mut text = [0; 32];
    let len = crate::number::format(n, &mut text);
    strtab::intern(vm, &text[..len]).unwrap_or(std::ptr::null_mut())
}

/// Makes room for the array indices below `asize`.
#[inline]
pub unsafe fn reserve_array(vm: &Vm, t: *mut TabObj, asize: u32) -> Result<(), crate::vm::Raise> {
    // SAFETY: the table is live (caller).
    unsafe { if asize > (*t).asize { table::reserve(vm, t, asize, 0) } else { Ok(()) } }
}

/// Stores `t[i] = v`, raw; says whether memory sufficed.
#[inline]
pub unsafe fn set_int(vm: &Vm, t: *mut TabObj, i: i64, v: Value) -> bool {
    // SAFETY: the table is live (caller).
    unsafe { table::set_int(vm, t, i, v).is_ok() }
}

//! Metatables: which one a value has and how a metamethod is looked up, with the negative cache of tables.

use crate::object::TabObj;
use crate::table;
use crate::value::Value;
use crate::vm::Vm;
use abi::metamethod::{CACHED, Mm};

/// Returns the metatable of any value, or null.
#[inline]
pub fn of(vm: &Vm, v: Value) -> *mut TabObj {
    if let Some(t) = v.as_tab() {
        // SAFETY: a value refers to a live object.
        unsafe { (*t).meta }
    } else if let Some(u) = v.as_udata() {
        // SAFETY: a value refers to a live object.
        unsafe { (*u).meta }
    } else {
        let i = v.type_index();
        vm.base_meta[if i == 2 { 1 } else { i & 15 }]
    }
}

/// Returns metamethod `mm` of metatable `meta` (may be null), or nil; caches absence.
///
/// # Safety
/// `meta` is null or a live table.
#[inline]
pub unsafe fn get(vm: &Vm, meta: *mut TabObj, mm: Mm) -> Value {
    if meta.is_null() {
        return Value::NIL;
    }
    // SAFETY: `meta` is live (caller).
    unsafe {
        if (mm as usize) < CACHED {
            if (*meta).nomm & (1 << mm as u8) != 0 {
                return Value::NIL;
            }
            let v = table::get_str(meta, vm.mm_names[mm as usize]);
            if v.is_nil() {
                (*meta).nomm |= 1 << mm as u8;
            }
            v
        } else {
            table::get_str(meta, vm.mm_names[mm as usize])
        }
    }
}

/// Returns metamethod `mm` of any value, or nil.
pub fn lookup(vm: &Vm, v: Value, mm: Mm) -> Value {
    // SAFETY: `of` returns null or a live table.
    unsafe { get(vm, of(vm, v), mm) }
}

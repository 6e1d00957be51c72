//! Traversal and length.

use super::{array_slot, find_num, hash, main_node};
use crate::object::TabObj;
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::tag;

/// Returns a border.
#[inline]
pub unsafe fn len(t: *const TabObj) -> u32 {
    // SAFETY: indices are below the array's size.
    unsafe {
        let mut hi = (*t).asize.saturating_sub(1);
        if hi > 0 && *(*t).array.add(hi as usize) == tag::NIL_BITS {
            let mut lo = 0;
            while hi - lo > 1 {
                let mid = (lo + hi) >> 1;
                if *(*t).array.add(mid as usize) == tag::NIL_BITS { hi = mid } else { lo = mid }
            }
            return lo;
        }
        if (*t).hmask == 0 { hi } else { len_hash(t, hi) }
    }
}

/// Searches a border above `hi`, which is not nil or 0.
#[inline(never)]
unsafe fn len_hash(t: *const TabObj, hi: u32) -> u32 {
    // SAFETY: module contract.
    let has = |i: u64| unsafe { !super::get_int(t, i as i64).is_nil() };
    let (mut lo, mut hi) = (u64::from(hi), u64::from(hi) + 1);
    while has(hi) {
        lo = hi;
        hi += hi;
        if hi > i32::MAX as u64 - 2 {
            lo = 1;
            while has(lo) {
                lo += 1;
            }
            return (lo - 1) as u32;
        }
    }
    while hi - lo > 1 {
        let mid = (lo + hi) >> 1;
        if has(mid) { lo = mid } else { hi = mid }
    }
    lo as u32
}

/// Returns the position behind a key; `None` if the key is unknown.
pub unsafe fn position(t: *const TabObj, k: Value) -> Option<u32> {
    // SAFETY: module contract. A dead key is found by its bits; its object may be gone, so nothing reads it but a string's
    // hash, and a string that a program holds is live.
    unsafe {
        if k.is_nil() {
            return Some(0);
        }
        let slot = if let Some(n) = k.as_num() {
            let slot = array_slot(t, n);
            if !slot.is_null() {
                return Some(slot.offset_from((*t).array) as u32 + 1);
            }
            find_num(t, n + 0.0)
        } else {
            let mut n = main_node(t, hash(k));
            loop {
                let key = (*n).key;
                if key == k.0 || dead_string(key) == k.0 {
                    break &raw mut (*n).val;
                }
                n = super::follow(n);
                if n.is_null() {
                    return None;
                }
            }
        };
        if slot.is_null() {
            return None;
        }
        let index = slot.cast::<crate::object::Node>().offset_from((*t).node);
        Some((*t).asize + index as u32 + 1)
    }
}

/// Returns the bits that a string key had before the collector declared it dead ([`DEAD_STR`]), or other bits.
#[inline(always)]
const fn dead_string(key: u64) -> u64 {
    key ^ ((DEAD_STR ^ tag::STR) << tag::SHIFT)
}

/// Tag of string keys without a value that the collector has passed: they match no key, but traversal can go on from them.
/// (The address may belong to another string by now.)
pub(crate) const DEAD_STR: u64 = tag::TRACE;

/// Returns the entry after `k`.
pub unsafe fn next(vm: &Vm, t: *const TabObj, k: Value) -> Result<Option<(Value, Value)>, Raise> {
    // SAFETY: module contract.
    unsafe {
        match position(t, k) {
            Some(at) => Ok(entry_from(t, at).map(|(_, k, v)| (k, v))),
            None => Err(vm.raise_msg("invalid key to 'next'")),
        }
    }
}

/// Returns the first entry at position `at` or after it, and the position behind it: array slots first, then nodes.
#[inline]
pub unsafe fn entry_from(t: *const TabObj, at: u32) -> Option<(u32, Value, Value)> {
    // SAFETY: positions below `asize` are array slots, those after it nodes.
    unsafe {
        let asize = (*t).asize;
        let mut i = at;
        while i < asize {
            let v = *(*t).array.add(i as usize);
            if v != tag::NIL_BITS {
                return Some((i + 1, Value::from_num(f64::from(i)), Value(v)));
            }
            i += 1;
        }
        let end = (*t).hmask;
        let mut j = i - asize;
        while j <= end {
            let n = (*t).node.add(j as usize);
            if (*n).val != tag::NIL_BITS {
                return Some((asize + j + 1, Value((*n).key), Value((*n).val)));
            }
            j += 1;
        }
        None
    }
}

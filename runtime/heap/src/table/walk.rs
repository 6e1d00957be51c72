//! Traversal and length.

use super::{array_slot, find_num, hash, main_node};
use crate::object::TabObj;
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::tag;

/// Returns a border: the one that halving the array part finds.
#[inline]
pub unsafe fn len(t: *const TabObj) -> u32 {
    // SAFETY: indices are below the array's size.
    unsafe {
        let hi = (*t).asize.saturating_sub(1);
        if hi > 0 && *(*t).array.add(hi as usize) == tag::NIL_BITS {
            return if hi < GUESSED { halve((*t).array, hi) } else { guess(t, hi) };
        }
        if (*t).hmask == 0 { hi } else { len_hash(t, hi) }
    }
}

/// Size from which on the last border is remembered.
const GUESSED: u32 = 16;

/// Returns the border that halving finds, given that slot `hi` is nil.
#[inline]
unsafe fn halve(array: *const u64, mut hi: u32) -> u32 {
    let mut lo = 0;
    while hi - lo > 1 {
        let mid = (lo + hi) >> 1;
        // SAFETY: the index is below `hi` (caller).
        if unsafe { *array.add(mid as usize) } == tag::NIL_BITS { hi = mid } else { lo = mid }
    }
    lo
}

/// Finds the border near the last one. Which slots halving looks at on its way to a border follows from the border alone, so whether it would find
/// the guess is seen by looking at these: in any order, without waiting for one to know the next, and without a branch that
/// depends on what is there.
#[inline(never)]
unsafe fn guess(t: *const TabObj, hi: u32) -> u32 {
    // SAFETY: all indices are at most `hi`; nothing else reads or writes the guess meanwhile.
    unsafe {
        let array = (*t).array;
        let mut at = (*t).border;
        if at < hi {
            let slot = array.add(at as usize);
            let (here, behind) = (*slot != tag::NIL_BITS, *slot.add(1) != tag::NIL_BITS);
            at = at + u32::from(behind) - u32::from(!here & !behind & (at > 0));
            let found = if hi.is_power_of_two() { halves(array, at, hi) } else { divides(array, at, hi) };
            if found == at {
                (*t.cast_mut()).border = at;
                return at;
            }
        }
        let at = halve(array, hi);
        (*t.cast_mut()).border = at;
        at
    }
}

/// Returns twice `bits`, and one more if the slot is not nil.
#[inline(always)]
unsafe fn take(bits: u32, slot: *const u64) -> u32 {
    // SAFETY: the caller's slot.
    let v = unsafe { *slot };
    #[cfg(target_arch = "x86_64")]
    {
        // Compare and add with carry: the compiler makes four instructions of the lines for the others.
        use std::arch::x86_64::{_addcarry_u32, _subborrow_u64};
        let (mut difference, mut sum) = (0, 0);
        _addcarry_u32(_subborrow_u64(0, v, tag::NIL_BITS, &mut difference), bits, bits, &mut sum);
        sum
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        bits << 1 | u32::from(v != tag::NIL_BITS)
    }
}

/// Looks at the slots that halving a power of two looks at if it finds the border `at`, the first one first, and
/// returns them as bits: `at` if it does find it. (Each bit of a border says what is in the slot that it and those above name.)
#[inline(always)]
unsafe fn halves(array: *const u64, at: u32, hi: u32) -> u32 {
    // SAFETY: `at` is below the power of two `hi`, and so is every number made of its upper bits.
    unsafe {
        let (mut bits, mut above, mut step) = (0, 0, hi);
        let low = if hi < 256 { 16 } else { 256 };
        while step > low {
            step >>= 1;
            let mid = above | step;
            bits = take(bits, array.add(mid as usize));
            above = mid & at;
        }
        // The last ones without a loop: slots whose lower bits are a one and zeros.
        let low_slot = |bit: usize| array.add(at as usize | (2 * bit - 1)).sub(bit - 1);
        if hi >= 256 {
            bits = take(bits, low_slot(128));
            bits = take(bits, low_slot(64));
            bits = take(bits, low_slot(32));
            bits = take(bits, low_slot(16));
        }
        bits = take(bits, low_slot(8));
        bits = take(bits, low_slot(4));
        bits = take(bits, low_slot(2));
        take(bits, low_slot(1))
    }
}

/// Looks at the slots that halving looks at if it finds the border `at`; returns `at` if it does find it, or another number.
#[inline(always)]
unsafe fn divides(array: *const u64, at: u32, mut hi: u32) -> u32 {
    let (mut lo, mut bits, mut below) = (0, 0, 0);
    while hi - lo > 1 {
        let mid = (lo + hi) >> 1;
        // SAFETY: the index is below `hi` (caller).
        bits = unsafe { take(bits, array.add(mid as usize)) };
        below <<= 1;
        if mid <= at {
            lo = mid;
            below += 1;
        } else {
            hi = mid;
        }
    }
    if bits == below { at } else { !at }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::Config;

    #[test]
    fn guessed_borders_are_those_of_halving() {
        let vm = Vm::new(Config::default());
        for hi in [16u32, 17, 64, 100, 256] {
            let t = crate::table::new(&vm, hi + 1, 0).expect("memory");
            let mut x = 1u64;
            for round in 0..20_000u32 {
                x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let i = (x >> 33) as u32 % hi;
                // Mostly a list that grows and shrinks; in some rounds holes.
                // SAFETY: the table is live, and indices are below its size.
                unsafe {
                    let n = len(t);
                    let at = match x >> 60 {
                        0 if round / 1000 % 2 == 1 => i,
                        1..=8 => (n + 1).min(hi - 1),
                        _ => n.max(1),
                    };
                    *(*t).array.add(at as usize) = if at == n { tag::NIL_BITS } else { Value::from_num(1.0).0 };
                    assert_eq!(len(t), halve((*t).array, hi), "{hi} slots, round {round}");
                }
            }
        }
    }
}

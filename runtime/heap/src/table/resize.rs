//! Sizes of the two parts: counting keys, choosing sizes, moving entries.

use super::insert::{array_index, insert};
use super::refill::refill;
use super::{MAX_ASIZE, MAX_HBITS, fill_nil, nil_node, node_count};
use crate::alloc::{self, CellKind};
use crate::gc;
use crate::object::{Node, StrObj, TabObj};
use crate::shape;
use crate::value::Value;
use crate::vm::{Raise, Vm};
use abi::{tabflag, tag};
use std::ptr;

/// Number of power-of-two slices of the array part that are counted; the largest array has 27, other numbers count nothing.
const BINS: usize = 32;

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
pub(super) unsafe fn resize(vm: &Vm, t: *mut TabObj, asize: u32, nodes: u32) -> Result<(), Raise> {
    // SAFETY: module contract; everything that can fail comes before the first change but for the array, which then has
    // grown by nil slots only, or keeps its size until the entries behind the new end have moved.
    unsafe {
        let old = *t;
        let node = if nodes > 0 { new_nodes(vm, nodes)? } else { nil_node() };
        if asize > old.asize {
            if asize > MAX_ASIZE {
                return Err(vm.raise_msg("table overflow"));
            }
            extend_array(vm, t, asize)?;
        }
        (*t).node = node;
        (*t).hmask = nodes.saturating_sub(1);
        (*t).freetop = nodes;
        (*t).flags &= !tabflag::DEAD_KEYS;
        if old.shape != shape::NONE {
            (*t).shape = shape::root((*t).hmask);
        }
        gc::barrier_back(vm, t);
        if asize < old.asize {
            shrink_array(vm, t, asize)?;
        }
        if old.hmask > 0 {
            if old.shape != shape::NONE {
                let (_, keys) = shape::keys(vm, old.shape).unwrap_or_default();
                move_keys(vm, t, &old, &keys)?;
            } else {
                move_nodes(vm, t, &old)?;
            }
            free_nodes(vm, old.node, old.hmask);
        }
        Ok(())
    }
}

/// Gives the array part more slots, which are nil.
#[inline(always)]
unsafe fn extend_array(vm: &Vm, t: *mut TabObj, asize: u32) -> Result<(), Raise> {
    // SAFETY: module contract; the part has fewer slots than `asize`.
    unsafe {
        let (array, old) = ((*t).array, (*t).asize);
        let array = if old == 0 {
            new_array(vm, asize)?
        } else if (*t).flags & tabflag::INNER_ARRAY != 0 {
            let outer = new_array(vm, asize)?;
            ptr::copy_nonoverlapping(array, outer, old as usize);
            outer
        } else {
            alloc::resize(vm, array.cast(), old as usize * 8, asize as usize * 8)?.cast()
        };
        (*t).flags &= !tabflag::INNER_ARRAY;
        fill_nil(array.add(old as usize), asize - old);
        (*t).array = array;
        (*t).asize = asize;
        Ok(())
    }
}

/// Sizes a table without hash part for index `i`, which is behind its array part, if it stays without; returns the slot, or
/// null. It is what [`rehash`] does: all keys are at most `i`, so only the array that ends with the slice of `i` can be the
/// best one, and it is if more than half as many keys as the slice has slots are in use.
#[inline]
pub(super) unsafe fn grow_array(vm: &Vm, t: *mut TabObj, i: u32) -> Result<*mut u64, Raise> {
    // SAFETY: module contract.
    unsafe {
        let bin = slice(i);
        if !uses((*t).array, (*t).asize, 1 << bin >> 1) {
            return Ok(ptr::null_mut());
        }
        extend_array(vm, t, (2 << bin) + 1)?;
        if (*t).flags & tabflag::MIXED_KEYS != 0 {
            (*t).shape = shape::root(0);
        }
        (*t).flags &= !(tabflag::DEAD_KEYS | tabflag::MIXED_KEYS);
        gc::barrier_back(vm, t);
        Ok((*t).array.add(i as usize))
    }
}

/// Says whether at least `n` slots of an array part are in use.
#[inline(always)]
unsafe fn uses(array: *const u64, asize: u32, n: u32) -> bool {
    // SAFETY: the part has `asize` slots.
    unsafe {
        if asize < n {
            return false;
        }
        // The last ones suffice in a list.
        let mut used = 0;
        if n <= 16 {
            let mut i = asize as usize;
            while used < n && *array.add(i - 1) != tag::NIL_BITS {
                i -= 1;
                used += 1;
            }
        } else {
            used = used_slots(array.add((asize - n) as usize), n as usize);
        }
        used == n || used_slots(array, asize as usize) >= n
    }
}

/// Counts slots that are not nil. (No other value has the upper half of nil, and halves are compared four at a time.)
#[inline(never)]
unsafe fn used_slots(from: *const u64, n: usize) -> u32 {
    // SAFETY: the slots are the caller's.
    let slots = unsafe { std::slice::from_raw_parts(from, n) };
    slots.iter().map(|v| u32::from((v >> 32) as u32 != (tag::NIL_BITS >> 32) as u32)).sum()
}

/// Returns the slice of the array part that an index is in: slice `b` ends at index `2 << b`.
#[inline(always)]
fn slice(i: u32) -> u32 {
    (i.max(2) - 1).ilog2()
}

/// Moves the entries behind index `asize` to the hash part, which has room, and cuts the array part there.
unsafe fn shrink_array(vm: &Vm, t: *mut TabObj, asize: u32) -> Result<(), Raise> {
    // SAFETY: module contract.
    unsafe {
        let (array, old) = ((*t).array, (*t).asize);
        (*t).asize = asize;
        for i in asize..old {
            let v = *array.add(i as usize);
            if v != tag::NIL_BITS {
                *insert(vm, t, Value::from_num(f64::from(i)))? = v;
            }
        }
        if (*t).flags & tabflag::INNER_ARRAY != 0 {
            // It cannot be given back.
        } else if asize == 0 {
            alloc::free(vm, array.cast(), old as usize * 8);
            (*t).array = ptr::null_mut();
        } else {
            (*t).array = alloc::resize(vm, array.cast(), old as usize * 8, asize as usize * 8)?.cast();
        }
        Ok(())
    }
}

/// Moves the entries of an old hash part in the order of its nodes.
unsafe fn move_nodes(vm: &Vm, t: *mut TabObj, old: &TabObj) -> Result<(), Raise> {
    // SAFETY: module contract; keys with a value are live.
    unsafe {
        let empty = (*t).hmask > 0 && (*t).freetop == (*t).hmask + 1 && (*t).asize >= old.asize;
        let moved = if empty && (*t).shape == shape::NONE { refill(t, old) } else { 0 };
        for i in moved..=old.hmask as usize {
            let n = old.node.add(i);
            if (*n).val != tag::NIL_BITS {
                let k = Value((*n).key);
                let slot = match array_index(k) {
                    Some(i) if i < (*t).asize => (*t).array.add(i as usize),
                    _ => insert(vm, t, k)?,
                };
                *slot = (*n).val;
            }
        }
        Ok(())
    }
}

/// Moves the entries of an old hash part that had a shape in the order of their insertion.
unsafe fn move_keys(vm: &Vm, t: *mut TabObj, old: &TabObj, keys: &[*mut StrObj]) -> Result<(), Raise> {
    // SAFETY: module contract; the keys are those of the old part.
    unsafe {
        for &s in keys {
            let slot = super::find_str(old, s);
            if !slot.is_null() && *slot != tag::NIL_BITS {
                *insert(vm, t, Value::from_str(s))? = *slot;
            }
        }
        Ok(())
    }
}

/// Makes room in a table with a shape, whose hash part is full, for one more string key.
#[inline(never)]
pub(super) unsafe fn grow_shaped(vm: &Vm, t: *mut TabObj, key: *mut StrObj) -> Result<(), Raise> {
    // SAFETY: module contract; the image of a plan has twice the nodes of the part.
    unsafe {
        let k = Value::from_str(key);
        if (*t).asize > 0 {
            return rehash(vm, t, k);
        }
        if (*t).hmask == 0 {
            let nodes = shape::first_size(vm, key);
            (*t).node = new_nodes(vm, nodes)?;
            (*t).hmask = nodes - 1;
            (*t).freetop = nodes;
            (*t).flags &= !tabflag::DEAD_KEYS;
            (*t).shape = shape::root(nodes - 1);
            gc::barrier_back(vm, t);
            return Ok(());
        }
        let old = *t;
        let nodes = old.hmask + 1;
        let full = (0..nodes as usize).all(|i| (*old.node.add(i)).val != tag::NIL_BITS);
        if !full || nodes >= shape::MAX_KEYS {
            return rehash(vm, t, k);
        }
        match shape::growth(vm, old.shape) {
            shape::Growth::Known(image, moves, to) => {
                let node = raw_nodes(vm, nodes * 2)?;
                ptr::copy_nonoverlapping(image, node, nodes as usize * 2);
                for i in 0..nodes as usize {
                    (*node.add((*moves.add(i)).into())).val = (*old.node.add(i)).val;
                }
                (*t).node = node;
                (*t).hmask = nodes * 2 - 1;
                (*t).shape = to;
                (*t).freetop = shape::freetop(vm, to);
                free_nodes(vm, old.node, old.hmask);
                gc::barrier_back(vm, t);
            }
            shape::Growth::Keys(keys) => {
                let node = new_nodes(vm, nodes * 2)?;
                (*t).node = node;
                (*t).hmask = nodes * 2 - 1;
                (*t).freetop = nodes * 2;
                (*t).shape = shape::root((*t).hmask);
                move_keys(vm, t, &old, &keys)?;
                if (*t).shape != shape::NONE {
                    shape::record_growth(vm, old.shape, old.node, t);
                }
                free_nodes(vm, old.node, old.hmask);
                gc::barrier_back(vm, t);
            }
        }
        Ok(())
    }
}

/// Counts keys by the slice of the array part they would be in ([`slice`]).
struct Count {
    bins: [u32; BINS],
    /// Keys that could be in an array part.
    ints: u32,
    /// All keys.
    total: u32,
    /// Some key is neither a string nor could it be in an array part.
    others: bool,
}

impl Count {
    /// Counts a key. (Numbers without a branch: in one table some are indices and some are not.)
    #[inline(always)]
    fn key(&mut self, k: Value) {
        self.total += 1;
        if let Some(n) = k.as_num() {
            let i = n as u32;
            let fits = (f64::from(i) == n) & (i < MAX_ASIZE);
            self.bins[slice(i) as usize] += u32::from(fits);
            self.ints += u32::from(fits);
            self.others |= !fits;
        } else if !k.is_str() {
            self.others = true;
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
                if end - i < 32 {
                    for j in i..end {
                        used += u32::from(*(*t).array.add(j as usize) != tag::NIL_BITS);
                    }
                } else {
                    used = used_slots((*t).array.add(i as usize), (end - i) as usize);
                }
                i = end;
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
                    let k = Value((*n).key);
                    if k.is_str() { self.total += 1 } else { self.key(k) }
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
    let mut count = Count { bins: [0; BINS], ints: 0, total: 0, others: false };
    // SAFETY: module contract.
    unsafe {
        count.array(t);
        count.nodes(t);
        count.key(extra);
        let (asize, taken) = count.best();
        if (*t).flags & tabflag::MIXED_KEYS != 0 && !count.others && taken == count.ints {
            // The array part takes all keys that are no strings: there may be a shape again.
            return reshape(vm, t, asize, node_count(count.total - taken));
        }
        resize(vm, t, asize, node_count(count.total - taken))
    }
}

/// Sizes the table so that strings only stay in the hash part, and gives it a shape.
unsafe fn reshape(vm: &Vm, t: *mut TabObj, asize: u32, nodes: u32) -> Result<(), Raise> {
    // SAFETY: module contract. With an empty part for a moment, the table passes for one with a shape.
    unsafe {
        let old = *t;
        if nodes > shape::MAX_KEYS {
            (*t).flags &= !tabflag::MIXED_KEYS;
            return resize(vm, t, asize, nodes);
        }
        (*t).node = nil_node();
        (*t).hmask = 0;
        (*t).freetop = 0;
        (*t).shape = shape::root(0);
        if let Err(raise) = resize(vm, t, asize.max(old.asize), nodes) {
            ((*t).node, (*t).hmask, (*t).freetop, (*t).shape) = (old.node, old.hmask, old.freetop, old.shape);
            return Err(raise);
        }
        (*t).flags &= !tabflag::MIXED_KEYS;
        move_nodes(vm, t, &old)?;
        free_nodes(vm, old.node, old.hmask);
        Ok(())
    }
}

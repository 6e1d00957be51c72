//! Large objects: memory of their own, behind a header that holds the mark. From [`mapped::FROM`] bytes on it is a mapping, below from the C library.

use super::mapped::{self, Spare};
use crate::sys;

/// What lies in front of a large object.
#[repr(C, align(16))]
struct Head {
    size: usize,
    index: u32,
    marked: bool,
    /// Its memory is a mapping.
    mapped: bool,
}

/// The large objects of a group.
#[derive(Default)]
pub struct Large {
    heads: Vec<*mut Head>,
    spare: Spare,
}

const HEAD: usize = size_of::<Head>();

unsafe fn head(p: *const u8) -> *mut Head {
    p.wrapping_sub(HEAD).cast_mut().cast()
}

/// Marks a large object; says whether it was unmarked.
///
/// # Safety
/// `p` is a large object.
pub unsafe fn mark(p: *const u8) -> bool {
    // SAFETY: a large object has a head (caller).
    unsafe { !std::mem::replace(&mut (*head(p)).marked, true) }
}

/// Says whether a large object is marked.
///
/// # Safety
/// `p` is a large object.
pub unsafe fn is_marked(p: *const u8) -> bool {
    // SAFETY: a large object has a head (caller).
    unsafe { (*head(p)).marked }
}

impl Large {
    /// Takes memory for a head and what is behind it: where it is and whether it is a mapping. Null: no memory.
    fn take(&mut self, bytes: usize) -> (*mut Head, bool) {
        if bytes >= mapped::FROM {
            let p = self.spare.alloc(bytes);
            if !p.is_null() {
                return (p.cast(), true);
            }
        }
        (sys::large_alloc(bytes).cast(), false)
    }

    /// Gives memory back.
    ///
    /// # Safety
    /// `h` is a head that nothing refers to.
    unsafe fn give(&mut self, h: *mut Head) {
        // SAFETY: as the caller says.
        unsafe { if (*h).mapped { self.spare.free(h.cast()) } else { sys::large_free(h.cast()) } }
    }

    /// Allocates; `None` is no memory.
    pub fn alloc(&mut self, size: usize, marked: bool) -> Option<*mut u8> {
        let (h, mapped) = self.take(size.checked_add(HEAD)?);
        if h.is_null() {
            return None;
        }
        // SAFETY: just allocated, with room for the head.
        unsafe { h.write(Head { size, index: self.heads.len() as u32, marked, mapped }) };
        self.heads.push(h);
        Some(h.cast::<u8>().wrapping_add(HEAD))
    }

    /// Changes the size; `None` is no memory (the old object stays).
    ///
    /// # Safety
    /// `p` is a live large object of this group.
    pub unsafe fn resize(&mut self, p: *mut u8, size: usize) -> Option<*mut u8> {
        // SAFETY: as the caller says; the list is corrected.
        unsafe {
            let old = head(p);
            let bytes = size.checked_add(HEAD)?;
            let mapped = (*old).mapped;
            let h = if mapped && bytes >= mapped::FROM / 2 && mapped::grow(old.cast(), bytes) {
                old
            } else if !mapped && bytes < mapped::FROM {
                sys::large_realloc(old.cast(), bytes).cast::<Head>()
            } else {
                let (h, mapped) = self.take(bytes);
                if !h.is_null() {
                    h.cast::<u8>().copy_from_nonoverlapping(old.cast(), HEAD + size.min((*old).size));
                    (*h).mapped = mapped;
                    self.give(old);
                }
                h
            };
            if h.is_null() {
                return None;
            }
            (*h).size = size;
            self.heads[(*h).index as usize] = h;
            Some(h.cast::<u8>().wrapping_add(HEAD))
        }
    }

    /// Frees.
    ///
    /// # Safety
    /// `p` is a large object of this group that nothing refers to.
    pub unsafe fn free(&mut self, p: *mut u8) {
        // SAFETY: as the caller says; the list is corrected.
        unsafe {
            let h = head(p);
            let index = (*h).index;
            self.heads.swap_remove(index as usize);
            if let Some(&moved) = self.heads.get(index as usize) {
                (*moved).index = index;
            }
            self.give(h);
        }
    }

    /// Clears all marks.
    pub fn clear_marks(&mut self) {
        for &h in &self.heads {
            // SAFETY: the list holds live heads.
            unsafe { (*h).marked = false };
        }
    }

    /// Bytes of marked objects.
    pub fn live(&self) -> usize {
        // SAFETY: the list holds live heads.
        self.heads.iter().map(|&h| unsafe { if (*h).marked { (*h).size } else { 0 } }).sum()
    }

    /// Frees all unmarked objects.
    pub fn sweep(&mut self) {
        let mut kept = 0;
        for i in 0..self.heads.len() {
            let h = self.heads[i];
            // SAFETY: the list holds live heads; unmarked ones are dead after a mark phase.
            unsafe {
                if (*h).marked {
                    (*h).index = kept as u32;
                    self.heads[kept] = h;
                    kept += 1;
                } else {
                    self.give(h);
                }
            }
        }
        self.heads.truncate(kept);
        self.spare.trim();
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        for h in std::mem::take(&mut self.heads) {
            // SAFETY: the heap is gone, nobody refers to its objects.
            unsafe { self.give(h) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(miri))]
    use crate::alloc::mapped::FROM;

    /// Fills an object with words that only it has.
    unsafe fn fill(p: *mut u8, size: usize, key: u64) {
        for i in 0..size / 8 {
            // SAFETY: inside the object (caller).
            unsafe { p.cast::<u64>().add(i).write(key ^ i as u64) };
        }
    }

    unsafe fn check(p: *mut u8, size: usize, key: u64) {
        for i in 0..size / 8 {
            // SAFETY: inside the object (caller).
            assert_eq!(unsafe { p.cast::<u64>().add(i).read() }, key ^ i as u64);
        }
    }

    /// Objects that are made, grow and shrink across the limits of large pages, and are freed in between, keep what is in them.
    #[test]
    fn objects_keep_their_contents() {
        let sizes =
            [40 << 10, (1 << 20) - 16, 1 << 20, (1 << 20) + 8, (2 << 20) + 24, (3 << 20) + 8, (4 << 20) + 40, 20 << 20];
        let mut large = Large::default();
        let mut live: Vec<(*mut u8, usize, u64)> = Vec::new();
        let mut seed = 7u64;
        for round in 0..120u64 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let size = sizes[(seed >> 33) as usize % sizes.len()];
            // SAFETY: the objects are live, and found by nobody else.
            unsafe {
                match live.len() {
                    0..4 => {
                        let p = large.alloc(size, false).expect("memory");
                        assert!((p as usize).is_multiple_of(16));
                        fill(p, size, round);
                        live.push((p, size, round));
                    }
                    n => {
                        let (p, old, key) = live.swap_remove((seed >> 40) as usize % n);
                        if round % 3 == 0 {
                            check(p, old, key);
                            large.free(p);
                        } else {
                            let p = large.resize(p, size).expect("memory");
                            check(p, old.min(size), key);
                            fill(p, size, round);
                            live.push((p, size, round));
                        }
                    }
                }
                for &(p, size, key) in &live {
                    check(p, size, key);
                    mark(p);
                }
            }
            if round % 10 == 9 {
                // All are marked; twice, so that what is spare goes.
                large.sweep();
                large.sweep();
                assert_eq!(large.live(), live.iter().map(|l| l.1).sum::<usize>());
                large.clear_marks();
            }
        }
    }

    /// Growing by doubling, as lists do, copies nothing once the object has a mapping.
    #[test]
    #[cfg(not(miri))]
    fn mappings_grow_in_place() {
        let mut large = Large::default();
        let slots = |n: u32| ((1usize << n) + 1) * 8;
        let first = large.alloc(slots(18), false).expect("memory");
        for n in 19..22 {
            // SAFETY: the object is live.
            assert_eq!(unsafe { large.resize(first, slots(n)) }, Some(first));
        }
    }

    /// Slots of equal numbers of several lists are not in the same sets of caches, and a mapping that begins later still grows and has its contents.
    #[test]
    #[cfg(not(miri))]
    fn mappings_begin_at_different_places() {
        let mut large = Large::default();
        let all: Vec<*mut u8> = (0..4).map(|_| large.alloc(FROM, false).expect("memory")).collect();
        let places: std::collections::BTreeSet<usize> = all.iter().map(|p| p.addr() % crate::sys::HUGE).collect();
        assert_eq!(places.len(), all.len());
        for (key, p) in (1..).zip(all) {
            // SAFETY: the objects are live and of these sizes.
            unsafe {
                fill(p, FROM, key);
                assert_eq!(large.resize(p, 3 * FROM), Some(p));
                check(p, FROM, key);
                fill(p, 3 * FROM, key);
                check(p, 3 * FROM, key);
            }
        }
    }
}

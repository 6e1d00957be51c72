//! Large objects: memory of their own, behind a header that holds the mark.

use crate::sys;

/// What lies in front of a large object.
#[repr(C, align(16))]
struct Head {
    size: usize,
    index: u32,
    marked: bool,
}

/// The large objects of a group.
#[derive(Default)]
pub struct Large {
    heads: Vec<*mut Head>,
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
    /// Allocates; `None` is no memory.
    pub fn alloc(&mut self, size: usize, marked: bool) -> Option<*mut u8> {
        let h = sys::large_alloc(size.checked_add(HEAD)?).cast::<Head>();
        if h.is_null() {
            return None;
        }
        // SAFETY: just allocated, with room for the head.
        unsafe { h.write(Head { size, index: self.heads.len() as u32, marked }) };
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
            let h = sys::large_realloc(head(p).cast(), size.checked_add(HEAD)?).cast::<Head>();
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
            sys::large_free(h.cast());
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
                    sys::large_free(h.cast());
                }
            }
        }
        self.heads.truncate(kept);
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        for &h in &self.heads {
            // SAFETY: the heap is gone, nobody refers to its objects.
            unsafe { sys::large_free(h.cast()) };
        }
    }
}

//! Memory for objects of a megabyte and more: mappings of their own, in large pages, which grow where they are.
//!
//! Idea: the first touch of a page costs the system more than all work on its 512 slots; of a large page, an eighth of that for the same bytes. So a
//! mapping begins with a reservation many times its size, and large pages are asked for as it grows: nothing is copied or mapped anew.
//! The memory begins [`LEAD`] bytes in front of a boundary of large pages: an array part has 2^n + 1 slots behind a head, so that all but the first
//! slots fill large pages exactly, and the last slot needs none of its own. Other mappings begin a few small pages later ([`COLOURS`]).
//!
//! Invariant: the last boundary of large pages up to `p + LEAD` is where the first large page of the reservation ends; [`Map`] is in front of `p`, and
//! nothing else is in use in front of that.
//! Absent: large pages where the system has none of this size (it then refuses advice, and pages are small).

use crate::sys;
use std::ptr::null_mut;

/// Bytes from which on memory is mapped: what of a large page is not in use is at most as much as what is.
pub const FROM: usize = 1 << 20;
/// Bytes in front of the boundary.
const LEAD: usize = 32;
/// Bytes of a mapping that are needed before any other: its description, and those of the memory in front of the boundary.
const FRONT: usize = size_of::<Map>() + LEAD;
/// Places behind the boundary where the memory of one mapping after the other begins, and bytes from one to the next. Lists that a program walks in step would
/// otherwise have each slot in the same set of each cache; in large pages that is so of caches that go by physical addresses, too.
const COLOURS: usize = 8;
const COLOUR: usize = 17472;
const _: () = assert!(COLOUR.is_multiple_of(32) && COLOURS * COLOUR < sys::HUGE / 2);
/// Reserved bytes for each that is asked for at first.
const ROOM: usize = 16;
/// Bytes that are committed at once where they do not fill most of a large page.
const STEP: usize = 1 << 16;
/// Bytes of freed mappings that stay ready.
const SPARE: usize = 16 << 20;

/// A mapping.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Map {
    /// Bytes of the reservation.
    reserved: usize,
    /// Bytes behind the boundary that can be used.
    committed: usize,
}

/// The mapping that memory belongs to.
fn map(p: *mut u8) -> *mut Map {
    p.wrapping_sub(size_of::<Map>()).cast()
}

fn boundary(p: *mut u8) -> *mut u8 {
    let ahead = p.wrapping_add(LEAD);
    ahead.wrapping_sub(ahead.addr() % sys::HUGE)
}

/// Bytes behind the boundary to commit for `size` bytes at `p`: whole large pages, but for a rest of less than about half of one.
fn need(p: *mut u8, size: usize) -> usize {
    let behind = (p.addr() + LEAD) % sys::HUGE + size.saturating_sub(LEAD);
    let rest = behind % sys::HUGE;
    if rest + STEP > sys::HUGE / 2 { behind - rest + sys::HUGE } else { behind.next_multiple_of(STEP) }
}

/// Maps `size` bytes, aligned to 16, `colour` steps behind the boundary; null: no memory.
fn alloc(size: usize, colour: usize) -> *mut u8 {
    let Some(wanted) = size.checked_mul(ROOM) else { return null_mut() };
    let (base, reserved) = sys::reserve(wanted.max(sys::MIN_RESERVE).next_multiple_of(sys::HUGE), sys::HUGE);
    if base.is_null() {
        return null_mut();
    }
    let p = base.wrapping_add(sys::HUGE - LEAD + colour * COLOUR);
    // SAFETY: the reservation is new and has room in front of the boundary, and a large page behind it, in which all colours are; `grow` checks the rest.
    unsafe {
        if reserved >= 2 * sys::HUGE && sys::commit(map(p).cast(), FRONT) {
            map(p).write(Map { reserved, committed: 0 });
            if grow(p, size) {
                return p;
            }
        }
        sys::unreserve(base, reserved, sys::HUGE);
    }
    null_mut()
}

/// Makes room for `size` bytes where the memory is, or gives back what is far beyond that; says whether it could.
///
/// # Safety
/// `p` came from [`alloc`].
pub unsafe fn grow(p: *mut u8, size: usize) -> bool {
    // SAFETY: as the caller says; ranges are behind the boundary and inside the reservation.
    unsafe {
        let (map, at, need) = (map(p), boundary(p), need(p, size));
        let Map { reserved, committed } = *map;
        if need <= committed {
            if need < committed / 2 {
                sys::discard(at.add(need), committed - need);
            }
            return true;
        }
        if need > reserved - sys::HUGE || !sys::commit(at.add(committed), need - committed) {
            return false;
        }
        let (from, to) = (committed / sys::HUGE * sys::HUGE, need / sys::HUGE * sys::HUGE);
        if to > from {
            sys::advise_huge(at.add(from), to - from);
        }
        (*map).committed = need;
        true
    }
}

/// Gives memory back to the system.
///
/// # Safety
/// `p` came from [`alloc`] and is not used any more.
unsafe fn release(p: *mut u8) {
    // SAFETY: as the caller says.
    unsafe { sys::unreserve(boundary(p).sub(sys::HUGE), (*map(p)).reserved, sys::HUGE) };
}

/// Freed mappings that stay ready: a program that makes one large object after the other would ask the system for each.
#[derive(Default)]
pub struct Spare {
    /// Memory, and whether a collection has ended since it was freed.
    maps: Vec<(*mut u8, bool)>,
    /// Bytes committed for them.
    bytes: usize,
    /// Of the mapping made next.
    colour: usize,
}

impl Spare {
    /// Returns memory of `size` bytes, aligned to 16; null: no memory.
    pub fn alloc(&mut self, size: usize) -> *mut u8 {
        let fits = |&(p, _): &(*mut u8, bool)| {
            // SAFETY: spare mappings are mapped.
            need(p, size) <= unsafe { (*map(p)).committed }
        };
        // The last one that fits: its lines may still be near.
        if let Some(i) = self.maps.iter().rposition(fits) {
            let (p, _) = self.maps.swap_remove(i);
            // SAFETY: as above, and nobody else has it.
            unsafe {
                self.bytes -= (*map(p)).committed;
                grow(p, size);
            }
            return p;
        }
        let colour = self.colour;
        self.colour = (colour + 1) % COLOURS;
        alloc(size, colour)
    }

    /// Takes memory back.
    ///
    /// # Safety
    /// `p` came from [`Spare::alloc`] and is not used any more.
    pub unsafe fn free(&mut self, p: *mut u8) {
        // SAFETY: as the caller says.
        unsafe {
            let bytes = (*map(p)).committed;
            if self.bytes + bytes > SPARE {
                release(p);
            } else {
                self.bytes += bytes;
                self.maps.push((p, false));
            }
        }
    }

    /// A collection has ended: what was not needed since the last one goes.
    pub fn trim(&mut self) {
        let bytes = &mut self.bytes;
        self.maps.retain_mut(|(p, old)| {
            if !std::mem::replace(old, true) {
                return true;
            }
            // SAFETY: spare mappings are mapped, and nobody else has them.
            unsafe {
                *bytes -= (*map(*p)).committed;
                release(*p);
            }
            false
        });
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        for &(p, _) in &self.maps {
            // SAFETY: spare mappings are mapped, and nobody else has them.
            unsafe { release(p) };
        }
    }
}

//! What the heap needs of the operating system: address space, pages, entropy.
//!
//! Invariant: no other module of the crate calls the system.

use std::ptr;

/// Bytes of the smallest reservation that is still tried.
pub const MIN_RESERVE: usize = 1 << 28;

/// Reserves address space below 2^47, aligned to `align`, at best `size` bytes; nothing may be touched before [`commit`].
/// Returns null if the system refuses even small reservations.
#[cfg(not(miri))]
pub fn reserve(size: usize, align: usize) -> (*mut u8, usize) {
    // Addresses above 2^47 (AArch64) do not fit into values: hints keep the mapping low.
    const HINTS: [usize; 4] = [0, 0x10_0000_0000, 0x1000_0000_0000, 0x2000_0000_0000];
    let mut size = size;
    while size >= MIN_RESERVE {
        for hint in HINTS {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: an anonymous mapping at an address the system chooses harms nothing.
            let p = unsafe { libc::mmap(hint as *mut _, size + align, libc::PROT_NONE, flags, -1, 0) };
            if p == libc::MAP_FAILED {
                continue;
            }
            if p as usize + size + align <= 1 << 47 {
                let head = (p as usize).wrapping_neg() & (align - 1);
                let at = p.cast::<u8>().wrapping_add(head);
                // SAFETY: both ends belong to the mapping made above, and nobody uses them.
                unsafe {
                    if head != 0 {
                        libc::munmap(p, head);
                    }
                    libc::munmap(at.add(size).cast(), align - head);
                }
                return (at, size);
            }
            // SAFETY: the mapping was made above and nobody uses it.
            unsafe { libc::munmap(p, size + align) };
        }
        size /= 4;
    }
    (ptr::null_mut(), 0)
}

/// Gives a reservation back.
///
/// # Safety
/// `p`, `size`, `align` are those of a reservation nobody uses any more.
#[cfg(not(miri))]
pub unsafe fn unreserve(p: *mut u8, size: usize, _align: usize) {
    // SAFETY: as the caller says.
    unsafe { libc::munmap(p.cast(), size) };
}

/// Makes reserved memory readable and writable, and the rest of the pages it lies in (it is zero); says whether the system had memory.
///
/// # Safety
/// The range is part of a reservation, and what lies on its first and last page is so too.
#[cfg(not(miri))]
pub unsafe fn commit(p: *mut u8, size: usize) -> bool {
    // SAFETY: as the caller says; the size of a page is a power of two.
    unsafe {
        // Pages have 4 KiB to 64 KiB.
        let page = libc::sysconf(libc::_SC_PAGESIZE).max(1) as usize;
        let front = p as usize & (page - 1);
        let size = (size + front).next_multiple_of(page);
        libc::mprotect(p.sub(front).cast(), size, libc::PROT_READ | libc::PROT_WRITE) == 0
    }
}

/// Returns the memory of committed pages to the system; they read as zero afterwards.
///
/// # Safety
/// The range is committed and its contents are not needed.
#[cfg(not(miri))]
pub unsafe fn discard(p: *mut u8, size: usize) {
    // SAFETY: as the caller says.
    unsafe { libc::madvise(p.cast(), size, libc::MADV_DONTNEED) };
}

/// Bytes of a large page.
pub const HUGE: usize = 1 << 21;

/// Asks for large pages for a range that begins and ends with one, and will soon be in use: where much memory is used at random, looking up its
/// addresses takes as long as the memory itself.
pub fn advise_huge(p: *mut u8, size: usize) {
    #[cfg(all(target_os = "linux", not(miri)))]
    // SAFETY: advice changes no contents, and the system refuses what is not mapped.
    unsafe {
        libc::madvise(p.cast(), size, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(all(target_os = "linux", not(miri))))]
    let _ = (p, size);
}

/// Lets the C library's allocator keep up to 4 MiB that were freed, where it would return them to the system and soon ask again: each page costs
/// an interruption, and long strings and compilations come and go by hundreds of kilobytes. It is for the whole process.
pub fn keep_freed_memory() {
    #[cfg(all(target_env = "gnu", not(miri)))]
    // SAFETY: sets two numbers of the allocator, under its lock; values it does not like it ignores.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, 4 << 20);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
    }
}

/// A small reservation from the ordinary allocator, for the interpreter of Rust's own semantics.
#[cfg(miri)]
pub fn reserve(_: usize, align: usize) -> (*mut u8, usize) {
    let size = 1 << 23;
    let Ok(layout) = std::alloc::Layout::from_size_align(size, align) else { return (ptr::null_mut(), 0) };
    // SAFETY: the size is not zero.
    (unsafe { std::alloc::alloc_zeroed(layout) }, size)
}

/// Gives a reservation back.
///
/// # Safety
/// `p`, `size`, `align` are those of a reservation nobody uses any more.
#[cfg(miri)]
pub unsafe fn unreserve(p: *mut u8, size: usize, align: usize) {
    if let Ok(layout) = std::alloc::Layout::from_size_align(size, align) {
        // SAFETY: made by `reserve`.
        unsafe { std::alloc::dealloc(p, layout) };
    }
}

/// Does nothing: all is committed.
///
/// # Safety
/// None needed.
#[cfg(miri)]
pub unsafe fn commit(_: *mut u8, _: usize) -> bool {
    true
}

/// Clears the range.
///
/// # Safety
/// The range is committed and its contents are not needed.
#[cfg(miri)]
pub unsafe fn discard(p: *mut u8, size: usize) {
    // SAFETY: as the caller says.
    unsafe { ptr::write_bytes(p, 0, size) };
}

/// Asks the processor to load the line at an address, which need not be valid.
#[inline(always)]
pub fn prefetch(p: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch has no effect but on the cache.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(p.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = p;
}

/// Allocates a large piece of memory, aligned to 16, or returns null.
pub fn large_alloc(size: usize) -> *mut u8 {
    // SAFETY: `malloc` takes any size.
    let p = unsafe { libc::malloc(size) }.cast::<u8>();
    if (p as usize).saturating_add(size) > 1 << 47 {
        // SAFETY: `p` was just allocated.
        unsafe { libc::free(p.cast()) };
        return ptr::null_mut();
    }
    p
}

/// Changes the size of a large piece of memory; returns null (and keeps the old piece) if there is no memory.
///
/// # Safety
/// `p` came from this module and is not used afterwards, unless the result is null.
pub unsafe fn large_realloc(p: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: as the caller says.
    unsafe { libc::realloc(p.cast(), size).cast() }
}

/// Frees a large piece of memory.
///
/// # Safety
/// `p` came from this module and is not used any more.
pub unsafe fn large_free(p: *mut u8) {
    // SAFETY: as the caller says.
    unsafe { libc::free(p.cast()) }
}

/// Draws a random number from the system.
pub fn entropy() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// Formats with C's `%.14g`.
#[cfg(test)]
pub fn c_format(n: f64) -> String {
    let mut buf = [0u8; 64];
    // SAFETY: the buffer is larger than any `%.14g`; the format takes one double.
    let len = unsafe { libc::snprintf(buf.as_mut_ptr().cast(), buf.len(), c"%.14g".as_ptr(), n) };
    String::from_utf8_lossy(&buf[..len as usize]).into_owned()
}

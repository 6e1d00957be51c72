//! Memory of machine code: one reserved range of addresses, handed out in blocks.
//!
//! The whole range is reserved at once, so that every trace reaches every other with a 32-bit distance; memory is taken as it is written, up
//! to a limit. The same pages are mapped twice: where they are executed they are never writable, where they are written they are never
//! executable. Where the system does not allow this, there is one mapping whose pages change between the two.
//!
//! Invariant: an address handed out stays the block's until it is freed. Freed blocks are filled with traps.
//! Absent: any knowledge of what the bytes mean. A caller that enters freed code breaks its own promise ([`Arena::entry`]).

#[cfg(test)]
pub mod harness;

use abi::abort::Abort;
use std::ffi::c_void;
use std::io;
use std::ptr;

/// Entry of a trace: the machine, slot 0 of the frame; the outcome.
pub type Entry = unsafe extern "C" fn(*mut c_void, *mut u64) -> u64;

/// Blocks start at multiples of this.
const ALIGN: usize = 16;
/// `int3`
const TRAP: u8 = 0xcc;

/// The memory.
pub struct Arena {
    /// Where code is executed.
    exec: *mut u8,
    /// Where it is written; the same address if pages change.
    write: *mut u8,
    reserved: usize,
    limit: usize,
    used: usize,
    /// Free blocks by ascending offset: `(offset, bytes)`.
    free: Vec<(usize, usize)>,
    /// Where the next block will lie, if it was chosen.
    chosen: Option<usize>,
    /// Whole pages that were written since [`Arena::synchronise`] last let them go: from, to.
    written: (usize, usize),
}

impl Arena {
    /// Reserves addresses; at most `limit` bytes of code are handed out.
    pub fn new(limit: usize) -> io::Result<Arena> {
        Arena::over(limit, |len| map_twice(len).or_else(|_| map_once(len)))
    }

    /// Does the same with one mapping, of memory without a name: tools such as perf look up names of code only there.
    pub fn nameless(limit: usize) -> io::Result<Arena> {
        Arena::over(limit, map_once)
    }

    /// Makes an arena without memory: nothing is mapped, and no block is ever handed out.
    pub fn none() -> Arena {
        let nowhere = ptr::null_mut();
        Arena {
            exec: nowhere,
            write: nowhere,
            reserved: 0,
            limit: 0,
            used: 0,
            free: Vec::new(),
            chosen: None,
            written: NOTHING,
        }
    }

    fn over(limit: usize, map: impl Fn(usize) -> io::Result<(*mut u8, *mut u8)>) -> io::Result<Arena> {
        let reserved = limit.clamp(RESERVED, 1 << 30).next_multiple_of(1 << 16);
        let (exec, write) = map(reserved)?;
        Ok(Arena {
            exec,
            write,
            reserved,
            limit: limit.min(reserved),
            used: 0,
            free: vec![(0, reserved)],
            chosen: None,
            written: NOTHING,
        })
    }

    /// Changes the limit.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(self.reserved);
    }

    /// Returns the limit in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the bytes in use.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Returns the address where the next block will lie: the chosen one, or the start of the largest free range.
    pub fn cursor(&self) -> u64 {
        self.exec as u64 + self.next().map_or(0, |k| self.free[k].0) as u64
    }

    /// Chooses the first free range that has so many bytes for the next block. (So freed memory is used again before fresh memory is taken.)
    pub fn choose(&mut self, bytes: usize) -> u64 {
        self.chosen = self.free.iter().find(|f| f.1 >= bytes).map(|f| f.0);
        self.cursor()
    }

    /// Says whether the next block may have so many bytes.
    pub fn fits(&self, bytes: usize) -> bool {
        let len = rounded(bytes);
        self.used + len <= self.limit && self.next().is_some_and(|k| self.free[k].1 >= len)
    }

    fn next(&self) -> Option<usize> {
        let chosen = self.chosen.and_then(|at| self.free.iter().position(|f| f.0 == at));
        chosen.or_else(|| (0..self.free.len()).max_by_key(|&k| (self.free[k].1, std::cmp::Reverse(k))))
    }

    /// Takes a block at the cursor and writes code, which was assembled for this address. Returns the address.
    pub fn publish(&mut self, code: &[u8]) -> Result<u64, Abort> {
        let len = rounded(code.len());
        let k = self.next().filter(|_| self.fits(code.len()));
        self.chosen = None;
        let k = k.ok_or(Abort::CodeFull)?;
        let offset = self.free[k].0;
        self.write_at(offset, code).map_err(|_| Abort::CodeFull)?;
        if self.free[k].1 == len {
            self.free.remove(k);
        } else {
            self.free[k] = (offset + len, self.free[k].1 - len);
        }
        self.used += len;
        Ok(self.exec as u64 + offset as u64)
    }

    /// Gives a block back: its address, and the length of what was published. Nobody executes it any more.
    pub fn free(&mut self, at: u64, len: usize) {
        let offset = (at - self.exec as u64) as usize;
        let len = rounded(len);
        // Should the pages not become writable, the block still is free; its code stays until it is overwritten.
        let _ = self.write_at(offset, &vec![TRAP; len]);
        self.used -= len;
        let k = self.free.partition_point(|f| f.0 < offset);
        self.free.insert(k, (offset, len));
        if k + 1 < self.free.len() && self.free[k].0 + self.free[k].1 == self.free[k + 1].0 {
            self.free[k].1 += self.free.remove(k + 1).1;
        }
        if k > 0 && self.free[k - 1].0 + self.free[k - 1].1 == self.free[k].0 {
            self.free[k - 1].1 += self.free.remove(k).1;
        }
    }

    /// Gives everything back.
    #[cfg(test)]
    pub fn reset(&mut self) {
        let used: Vec<(usize, usize)> = {
            let mut at = 0;
            let mut out = Vec::new();
            for &(offset, len) in &self.free {
                out.push((at, offset - at));
                at = offset + len;
            }
            out.push((at, self.reserved - at));
            out
        };
        for (offset, len) in used.into_iter().filter(|b| b.1 > 0) {
            let _ = self.write_at(offset, &vec![TRAP; len]);
        }
        self.free = vec![(0, self.reserved)];
        self.used = 0;
    }

    /// Overwrites bytes of a block, as `Backend::link_exit` gives them. The code may be entered later, but does not run meanwhile.
    /// Says whether it was done.
    pub fn patch(&mut self, at: u64, bytes: &[u8]) -> bool {
        let offset = at.wrapping_sub(self.exec as u64) as usize;
        offset.checked_add(bytes.len()).is_some_and(|end| end <= self.reserved) && self.write_at(offset, bytes).is_ok()
    }

    /// Reads code, for dumps.
    pub fn read(&self, at: u64, len: usize) -> Vec<u8> {
        let offset = (at - self.exec as u64) as usize;
        assert!(offset + len <= self.reserved);
        // SAFETY: the range lies in the executable mapping, which is readable and lives as long as the arena.
        unsafe { std::slice::from_raw_parts(self.exec.add(offset), len) }.to_vec()
    }

    fn write_at(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        assert!(offset + bytes.len() <= self.reserved);
        let flip = self.exec == self.write;
        let (start, end) = (offset & !(PAGE - 1), (offset + bytes.len()).next_multiple_of(PAGE));
        if flip {
            // SAFETY: the range is whole pages of our mapping; no code runs while it is written.
            check(unsafe {
                libc::mprotect(self.exec.add(start).cast(), end - start, libc::PROT_READ | libc::PROT_WRITE)
            })?;
        }
        self.written = (self.written.0.min(start), self.written.1.max(end));
        // SAFETY: the range was checked to be in the writable mapping, which nobody else refers to.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.write.add(offset), bytes.len()) };
        if flip {
            // SAFETY: as above.
            check(unsafe {
                libc::mprotect(self.exec.add(start).cast(), end - start, libc::PROT_READ | libc::PROT_EXEC)
            })?;
        }
        Ok(())
    }

    /// Makes what was written visible to this processor's instruction fetch, before it is entered: it went through another address.
    /// There its pages are let go once they are many, since they count a second time as memory of the process; the code stays, in the other
    /// mapping.
    pub fn synchronise(&mut self) {
        let (start, end) = self.written;
        if self.exec != self.write && end.saturating_sub(start) > KEPT {
            self.written = NOTHING;
            // SAFETY: whole pages of the writable mapping. It is shared, so what was written stays. Should it fail, the pages only stay mapped.
            unsafe { libc::madvise(self.write.add(start).cast(), end - start, libc::MADV_DONTNEED) };
        }
        synchronise();
    }

    /// Returns the function that starts at `at`. Calling it is safe while the block is not freed, with what `abi::exit` says.
    pub fn entry(&self, at: u64) -> Entry {
        // SAFETY: a function pointer of the right size; whoever calls it vouches for what is there.
        unsafe { std::mem::transmute::<usize, Entry>(at as usize) }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if self.reserved == 0 {
            return;
        }
        // SAFETY: both mappings are ours, and nobody runs code of a dropped arena.
        unsafe {
            libc::munmap(self.exec.cast(), self.reserved);
            if self.exec != self.write {
                libc::munmap(self.write.cast(), self.reserved);
            }
        }
    }
}

const PAGE: usize = 4096;
/// No pages.
const NOTHING: (usize, usize) = (usize::MAX, 0);
/// Bytes between the first and the last page written to that stay mapped for writing: most of what comes next goes to the same pages.
const KEPT: usize = 1 << 17;
/// Addresses reserved at least: the limit may be raised.
const RESERVED: usize = 1 << 26;

fn rounded(len: usize) -> usize {
    len.max(1).next_multiple_of(ALIGN)
}

fn check(r: libc::c_int) -> io::Result<()> {
    if r == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn map(len: usize, prot: libc::c_int, flags: libc::c_int, fd: libc::c_int) -> io::Result<*mut u8> {
    // SAFETY: a fresh mapping at an address the system chooses.
    let p = unsafe { libc::mmap(ptr::null_mut(), len, prot, flags, fd, 0) };
    if p == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(p.cast()) }
}

/// Maps the same memory twice.
#[cfg(target_os = "linux")]
fn map_twice(len: usize) -> io::Result<(*mut u8, *mut u8)> {
    // SAFETY: plain system calls; the descriptor is closed below, the mappings keep the memory.
    let fd = unsafe { libc::memfd_create(c"kiln-mcode".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fd` is ours.
    let sized = check(unsafe { libc::ftruncate(fd, len as libc::off_t) });
    let both = sized.and_then(|()| {
        let exec = map(len, libc::PROT_READ | libc::PROT_EXEC, libc::MAP_SHARED, fd)?;
        match map(len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, fd) {
            Ok(write) => Ok((exec, write)),
            Err(e) => {
                // SAFETY: the mapping was made above and nobody has it.
                unsafe { libc::munmap(exec.cast(), len) };
                Err(e)
            }
        }
    });
    // SAFETY: `fd` is ours and not used again.
    unsafe { libc::close(fd) };
    both
}

#[cfg(not(target_os = "linux"))]
fn map_twice(_len: usize) -> io::Result<(*mut u8, *mut u8)> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Maps memory once; its pages change between writable and executable.
fn map_once(len: usize) -> io::Result<(*mut u8, *mut u8)> {
    let p = map(len, libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)?;
    Ok((p, p))
}

/// Makes what was written visible to this processor's instruction fetch: it went through another address.
fn synchronise() {
    #[cfg(target_arch = "x86_64")]
    {
        let _ = std::arch::x86_64::__cpuid(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `lea rax, [rsi + n]; ret`
    fn code(n: u8) -> Vec<u8> {
        vec![0x48, 0x8d, 0x46, n, 0xc3]
    }

    fn run(arena: &mut Arena) {
        let start = arena.cursor();
        let a = arena.publish(&code(3)).unwrap();
        let b = arena.publish(&code(4)).unwrap();
        let c = arena.publish(&code(5)).unwrap();
        assert_eq!((a, b), (start, start + 16));
        fn call(arena: &Arena, at: u64) -> u64 {
            // SAFETY: the code was written before and touches no memory.
            unsafe { arena.entry(at)(ptr::null_mut(), 100 as *mut u64) }
        }
        assert_eq!((call(arena, a), call(arena, b), call(arena, c)), (103, 104, 105));
        assert!(arena.patch(b + 3, &[9]));
        assert!(!arena.patch(start - 1, &[9]));
        assert_eq!(call(arena, b), 109);
        assert_eq!(arena.used(), 48);
        arena.free(a, 5);
        arena.free(c, 5);
        assert_eq!(arena.read(a, 1), [TRAP]);
        arena.free(b, 5);
        assert_eq!((arena.used(), arena.free.len(), arena.cursor()), (0, 1, start));
        arena.publish(&code(3)).unwrap();
        arena.reset();
        assert_eq!((arena.used(), arena.cursor()), (0, start));
        assert_eq!(arena.read(a, 1), [TRAP]);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn blocks_are_written_patched_freed() {
        let mut arena = Arena::new(1 << 16).unwrap();
        assert_ne!(arena.exec, arena.write);
        run(&mut arena);
        arena.set_limit(10);
        assert_eq!(arena.publish(&code(1)), Err(Abort::CodeFull));
    }

    #[test]
    fn an_arena_without_memory_hands_out_nothing() {
        let mut arena = Arena::none();
        arena.set_limit(1 << 20);
        assert!(!arena.fits(1));
        assert_eq!((arena.publish(&code(1)), arena.limit(), arena.used()), (Err(Abort::CodeFull), 0, 0));
        arena.synchronise();
    }

    #[test]
    fn a_range_that_was_chosen_may_be_too_small() {
        let mut arena = Arena::new(1 << 16).unwrap();
        let a = arena.publish(&[0; 32]).unwrap();
        arena.publish(&[0; 16]).unwrap();
        arena.free(a, 32);
        assert_eq!(arena.choose(20), a);
        assert!(arena.fits(32) && !arena.fits(33));
        assert_eq!(arena.choose(33), a + 48);
        assert!(arena.fits(33));
        arena.choose(20);
        arena.set_limit(48);
        assert!(arena.fits(32) && !arena.fits(33));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn pages_that_change_do_as_well() {
        let (exec, write) = map_once(1 << 16).unwrap();
        let mut arena = Arena {
            exec,
            write,
            reserved: 1 << 16,
            limit: 1 << 16,
            used: 0,
            free: vec![(0, 1 << 16)],
            chosen: None,
            written: NOTHING,
        };
        run(&mut arena);
    }

    #[test]
    fn no_page_is_writable_and_executable() {
        let arena = Arena::new(1 << 20).unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let mut seen = 0;
        for line in maps.lines() {
            let Some((range, rest)) = line.split_once(' ') else { continue };
            let start = u64::from_str_radix(range.split('-').next().unwrap_or(""), 16).unwrap_or(0);
            if start == arena.exec as u64 || start == arena.write as u64 {
                seen += 1;
                assert!(!rest.starts_with("rwx"), "{line}");
            }
        }
        assert!(maps.is_empty() || seen == 2);
    }
}

//! Blocks: where cells come from, which blocks a class has, and how free runs are found in them.
//!
//! All blocks lie in one reserved range of addresses; the mark bits of cell `p` are at `(p - base) / 16` in one bitmap
//! beside it, so testing a mark touches neither the cell nor its block.
//!
//! Invariant: between a sweep and the next mark phase, an unmarked cell of a block that the scan has not reached is free.
//! Invariant: the mark bits of a free block are all zero.

use super::class::{CLASSES, SIZES};
use super::{BLOCK, KINDS};
use crate::sys;

/// Bytes committed at a time.
const CHUNK: usize = sys::HUGE;
/// Bytes from which on large pages are asked for: what of the last one is not in use is little then. The first touch of a page costs the system as much
/// as work on all that is in it, and of a large page, an eighth of that for the same bytes.
pub const HUGE_FROM: usize = 4 << 20;
/// The same where a program may take more memory to save time. From the first byte on would be too early: small programs do not use all of a page.
pub const HUGE_FROM_ROOMY: usize = 2 << 20;
const _: () = assert!(CHUNK.is_multiple_of(BLOCK));
/// Bytes of address space to ask for.
const RESERVE: usize = 1 << 37;
/// Bytes of cells that one bit of the bitmap stands for.
const GRAIN: usize = 16;
/// Words of the bitmap per block.
const BLOCK_WORDS: usize = BLOCK / GRAIN / 64;
/// Bytes of the longest run handed out at once: collection is paced by runs.
const RUN: usize = 4 << 10;
/// The same for each class: whole cells, at least one.
const MOST: [usize; CLASSES] = {
    let (mut most, mut i) = ([0; CLASSES], 0);
    while i < CLASSES {
        let cell = SIZES[i] as usize;
        most[i] = if cell >= RUN { cell } else { RUN / cell * cell };
        i += 1;
    }
    most
};

/// The blocks of one class and kind.
#[derive(Default)]
struct Pool {
    blocks: Vec<u32>,
    /// Next block of `blocks` to look for free runs in.
    next: usize,
    /// Rest of the block being looked at: offsets.
    scan: (usize, usize),
    /// Rest of a block that had no cells before: offsets.
    fresh: (usize, usize),
}

impl Pool {
    /// Finds the next free run between live cells.
    fn recycle(&mut self, bits: *mut u64, cell: usize, most: usize) -> Option<(usize, usize)> {
        loop {
            if let Some(run) = next_run(bits, &mut self.scan, cell, most) {
                return Some(run);
            }
            let start = *self.blocks.get(self.next)? as usize * BLOCK;
            self.next += 1;
            self.scan = (start, start + BLOCK / cell * cell);
        }
    }
}

/// The blocks of a heap.
pub struct Space {
    base: *mut u8,
    bits: *mut u64,
    /// Bytes reserved for blocks.
    size: usize,
    /// Offset up to which memory is committed.
    committed: usize,
    /// Offset up to which blocks were handed out.
    used: usize,
    /// Bytes from which on large pages are asked for.
    huge_from: usize,
    /// Blocks without cells: number and whether their memory was returned.
    free: Vec<(u32, bool)>,
    /// By kind and class; made where the first block is taken, since most programs use few classes.
    pools: [[Option<Box<Pool>>; CLASSES]; KINDS],
}

/// Number of the mark bit of an address.
#[inline(always)]
const fn bit(offset: usize) -> (usize, u64) {
    (offset / GRAIN / 64, 1 << (offset / GRAIN % 64))
}

impl Space {
    /// Reserves addresses; memory from `huge_from` bytes on will be large pages.
    pub fn new(huge_from: usize) -> Space {
        let (p, got) = sys::reserve(RESERVE / 128 * 129, sys::HUGE);
        let size = got / 129 * 128 / CHUNK * CHUNK;
        Space {
            base: p,
            bits: p.wrapping_add(size).cast(),
            size,
            committed: 0,
            used: 0,
            huge_from,
            free: Vec::new(),
            pools: [const { [const { None }; CLASSES] }; KINDS],
        }
    }

    /// Returns where blocks begin, their bitmap, and the bytes reserved.
    pub fn range(&self) -> (*mut u8, *mut u64, usize) {
        (self.base, self.bits, self.size)
    }

    fn take_block(&mut self) -> Option<usize> {
        if let Some((b, _)) = self.free.pop() {
            return Some(b as usize * BLOCK);
        }
        if self.used == self.committed {
            let c = self.committed;
            if c + CHUNK > self.size {
                return None;
            }
            let words = CHUNK / GRAIN / 64;
            // SAFETY: both ranges are inside the reservation: `committed` is below `size`, and the bitmap has its length.
            let ok = unsafe {
                sys::commit(self.base.add(c), CHUNK)
                    && sys::commit(self.bits.add(c / GRAIN / 64).cast(), words * size_of::<u64>())
            };
            if !ok {
                return None;
            }
            if c >= self.huge_from {
                sys::advise_huge(self.base.wrapping_add(c), CHUNK);
            }
            self.committed += CHUNK;
        }
        self.used += BLOCK;
        Some(self.used - BLOCK)
    }

    /// Returns a free run of cells: its first byte and the byte behind it. `None`: no memory.
    /// `recycle` allows runs between live cells; `black` marks the cells of a new block.
    pub fn run(&mut self, kind: usize, class: usize, recycle: bool, black: bool) -> Option<(*mut u8, *mut u8)> {
        let cell = SIZES[class] as usize;
        let most = MOST[class];
        let bits = self.bits;
        let pool = self.pools[kind][class].get_or_insert_default();
        if recycle && let Some((from, to)) = pool.recycle(bits, cell, most) {
            // SAFETY: offsets of cells of a block of this space.
            return Some(unsafe { (self.base.add(from), self.base.add(to)) });
        }
        if pool.fresh.0 == pool.fresh.1 {
            let start = self.take_block()?;
            if black {
                for at in (start..start + BLOCK / cell * cell).step_by(cell) {
                    let (w, m) = bit(at);
                    // SAFETY: a word of a committed block.
                    unsafe { *self.bits.add(w) |= m };
                }
            }
            let pool = self.pools[kind][class].get_or_insert_default();
            pool.blocks.push((start / BLOCK) as u32);
            // The scan would find the new block again.
            if pool.next + 1 == pool.blocks.len() {
                pool.next += 1;
            }
            pool.fresh = (start, start + BLOCK / cell * cell);
        }
        let pool = self.pools[kind][class].get_or_insert_default();
        let from = pool.fresh.0;
        let to = pool.fresh.1.min(from + most);
        pool.fresh.0 = to;
        // SAFETY: as above.
        Some(unsafe { (self.base.add(from), self.base.add(to)) })
    }

    /// Stops looking for runs between live cells: their marks are about to be cleared. Clears all marks.
    pub fn clear_marks(&mut self) {
        for pool in self.pools.iter_mut().flatten().flatten() {
            pool.next = pool.blocks.len();
            pool.scan = (0, 0);
        }
        // SAFETY: the bitmap is committed for all blocks handed out.
        unsafe { self.bits.write_bytes(0, self.used / GRAIN / 64) };
    }

    /// Ends a mark phase for one kind: frees blocks without marks, lets allocation look for runs in the others
    /// (see [`Space::drop_rests`]). Returns the bytes of marked cells.
    pub fn sweep(&mut self, kind: usize) -> usize {
        let mut live = 0;
        for (class, pool) in self.pools[kind].iter_mut().enumerate() {
            let Some(pool) = pool else { continue };
            let (bits, free) = (self.bits, &mut self.free);
            pool.blocks.retain(|&b| {
                // SAFETY: the words of a block handed out.
                let words = unsafe { std::slice::from_raw_parts(bits.add(b as usize * BLOCK_WORDS), BLOCK_WORDS) };
                let count = marks(words);
                live += count as usize * SIZES[class] as usize;
                if count == 0 {
                    free.push((b, false));
                }
                count != 0
            });
            pool.next = 0;
            pool.scan = (0, 0);
        }
        live
    }

    /// Overwrites unmarked cells of one kind, so that whoever still uses one notices.
    pub fn poison(&mut self, kind: usize) {
        for (class, pool) in self.pools[kind].iter().enumerate() {
            let Some(pool) = pool else { continue };
            let cell = SIZES[class] as usize;
            for &b in &pool.blocks {
                let start = b as usize * BLOCK;
                for at in (start..start + BLOCK / cell * cell).step_by(cell) {
                    let (w, m) = bit(at);
                    // SAFETY: cells and words of a block handed out; unmarked cells are free after a mark phase.
                    unsafe {
                        if *self.bits.add(w) & m == 0 {
                            self.base.add(at).write_bytes(0xdb, cell);
                        }
                    }
                }
            }
        }
    }

    /// Counts the bytes of marked cells of one kind.
    pub fn live(&self, kind: usize) -> usize {
        let mut live = 0;
        for (class, pool) in self.pools[kind].iter().enumerate() {
            let Some(pool) = pool else { continue };
            for &b in &pool.blocks {
                // SAFETY: the words of a block handed out.
                let words = unsafe { std::slice::from_raw_parts(self.bits.add(b as usize * BLOCK_WORDS), BLOCK_WORDS) };
                live += marks(words) as usize * SIZES[class] as usize;
            }
        }
        live
    }

    /// Drops the rests of runs of one kind, so that new cells come from new blocks.
    pub fn drop_rests(&mut self, kind: usize) {
        for pool in self.pools[kind].iter_mut().flatten() {
            pool.next = pool.blocks.len();
            pool.scan = (0, 0);
            pool.fresh = (0, 0);
        }
    }

    /// Returns the memory of free blocks to the system, but for `keep` blocks: one of `share` of them. What is in use goes up and down from cycle to
    /// cycle, and getting a page again costs more than using it.
    pub fn trim(&mut self, keep: usize, share: usize) {
        let resident = self.free.iter().filter(|f| !f.1).count();
        if resident <= keep {
            return;
        }
        // Low blocks are used first, so that high ones stay free.
        self.free.sort_unstable_by_key(|f| std::cmp::Reverse(f.0));
        let mut spare = (resident - keep).div_ceil(share);
        let mut i = 0;
        while i < self.free.len() && spare > 0 {
            let mut n = 0;
            while n < spare
                && i + n < self.free.len()
                && !self.free[i + n].1
                && self.free[i + n].0 + n as u32 == self.free[i].0
            {
                self.free[i + n].1 = true;
                n += 1;
            }
            if n == 0 {
                i += 1;
                continue;
            }
            let start = self.free[i + n - 1].0 as usize * BLOCK;
            // SAFETY: committed blocks without cells.
            unsafe { sys::discard(self.base.add(start), n * BLOCK) };
            spare -= n;
            i += n;
        }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if !self.base.is_null() {
            // SAFETY: the heap is gone, nobody refers to its cells.
            unsafe { sys::unreserve(self.base, self.size / 128 * 129, sys::HUGE) };
        }
    }
}

/// Counts marks. The baseline CPU has no instruction for it, so it is asked for.
fn marks(words: &[u64]) -> u32 {
    #[cfg(all(target_arch = "x86_64", not(target_feature = "popcnt"), not(miri)))]
    if std::arch::is_x86_feature_detected!("popcnt") {
        #[target_feature(enable = "popcnt")]
        fn count(words: &[u64]) -> u32 {
            words.iter().map(|w| w.count_ones()).sum()
        }
        // SAFETY: the processor has the instruction.
        return unsafe { count(words) };
    }
    words.iter().map(|w| w.count_ones()).sum()
}

/// Finds the next run of unmarked cells in a range of offsets, and advances the range.
fn next_run(bits: *mut u64, scan: &mut (usize, usize), cell: usize, most: usize) -> Option<(usize, usize)> {
    let end = scan.1;
    let mut at = scan.0;
    // SAFETY: offsets are inside a committed block.
    unsafe {
        while at < end {
            let (w, m) = bit(at);
            if *bits.add(w) & m == 0 {
                break;
            }
            at += cell;
        }
        if at >= end {
            scan.0 = end;
            return None;
        }
        let limit = end.min(at + most);
        // The next mark, if any, is the start of a cell.
        let (mut w, _) = bit(at);
        let mut word = *bits.add(w) & (u64::MAX << (at / GRAIN % 64));
        let last = (limit - 1) / GRAIN / 64;
        while word == 0 && w < last {
            w += 1;
            word = *bits.add(w);
        }
        let mut to = limit;
        if word != 0 {
            to = limit.min((w * 64 + word.trailing_zeros() as usize) * GRAIN);
        }
        scan.0 = to;
        Some((at, to))
    }
}

//! Size-class arenas with mark bits outside the objects; bump allocation into free runs; lazy sweep.
//!
//! Memory comes in blocks of 64 KiB ([`space`]), each of one size class and one kind. A class allocates by bumping a pointer
//! through a run of free cells; where the run ends, the slow path takes a freed buffer, looks for the next run between the
//! live cells of the class's blocks, or takes a new block. Bytes are accounted, and the collector is asked for, where a
//! run is acquired. So sweeping is looking for runs: dead objects are never touched.
//! What is larger than a cell may be ([`class::MAX_SMALL`]) has memory of its own behind a small header ([`large`]).
//!
//! Invariant: a string's or prototype's size tells whether it is large, but being inside [`Heap::base`]`..+span` does so
//! without touching it.
//! Invariant: a freed cell on a free list is unmarked during a mark phase.

pub mod class;
pub mod large;
mod mapped;
mod space;

use crate::gc::Collector;
use crate::object::{ShapeRecord, StrObj};
use crate::shape::Shapes;
use crate::strtab::StrTab;
use crate::vm::{Config, Raise, Vm};
use class::{CLASSES, MAX_SMALL, SIZES};
use large::Large;
use space::Space;
use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;

/// Bytes of a block.
pub const BLOCK: usize = 1 << 16;
/// Number of groups of cells that are swept at different times.
const KINDS: usize = 2;

/// What the sweeper must know of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellKind {
    /// Dies silently: tables, functions, upvalues, coroutines, and all buffers.
    Plain,
    /// A string: leaves the intern table when it dies.
    Str,
    /// Owns memory outside the arenas (prototypes, userdata): is dropped when it dies.
    Owner,
}

impl CellKind {
    /// Strings leave the intern table before their cells are reused; owners are on lists of the collector.
    const fn group(self) -> usize {
        match self {
            CellKind::Plain | CellKind::Owner => 0,
            CellKind::Str => 1,
        }
    }
}

/// A run of free cells: allocation moves `cur` up to `end`.
#[repr(C)]
pub struct Run {
    /// Next cell.
    pub cur: Cell<*mut u8>,
    /// Byte behind the last cell.
    pub end: Cell<*mut u8>,
}

/// Allocation state.
#[repr(C)]
pub struct Heap {
    /// The number that objects traversed in this mark phase carry in `marked`; [`IDLE`] outside a mark phase.
    pub gc_epoch: Cell<u8>,
    /// Nonzero: the next safepoint has work to do.
    pub due: Cell<u8>,
    /// Nonzero: compiled code has to return to the interpreter (hooks, budget, interruption). Behind `due`: one test covers both.
    pub attention: Cell<u8>,
    /// Nonzero: compiled code is not to be entered (recording, or somebody is around it). Kept by `interp::jit`.
    pub barred: Cell<u8>,
    /// The records of `shapes`.
    pub(crate) shape_records: Cell<*const ShapeRecord>,
    /// Strings of one byte, as far as they were made since the last mark phase ended (null: not yet).
    pub chars: [Cell<*mut StrObj>; 256],
    /// Cells allocated since the last collection come from here: by group, by class.
    pub runs: [[Run; CLASSES]; KINDS],
    /// Freed buffers by class.
    free: [Cell<*mut u8>; CLASSES],
    /// Bytes in use, rests of runs included.
    pub(crate) total: Cell<usize>,
    /// Bytes in use at which the collector is asked for.
    pub(crate) threshold: Cell<usize>,
    /// Allocated cells are marked (strings, while the intern table is swept).
    pub(crate) black_strings: Cell<bool>,
    /// Runs between live strings may be used.
    pub(crate) recycle_strings: Cell<bool>,
    /// First byte of the blocks.
    pub(crate) base: *mut u8,
    /// Their mark bits.
    pub(crate) bits: *mut u64,
    /// Bytes reserved for blocks.
    pub(crate) span: usize,
    /// Limits and modes.
    pub config: Config,
    space: UnsafeCell<Space>,
    large: UnsafeCell<[Large; KINDS]>,
    pub(crate) strings: UnsafeCell<StrTab>,
    pub(crate) shapes: UnsafeCell<Shapes>,
    pub(crate) collector: UnsafeCell<Collector>,
    /// The collector works: what a profiler wants to know.
    pub collecting: Cell<bool>,
}

/// [`Heap::gc_epoch`] outside a mark phase: no object carries it.
pub const IDLE: u8 = abi::vmfield::IDLE;

impl Heap {
    /// Says that nothing keeps compiled code from being entered: neither the collector nor anybody who wants to see instructions.
    #[inline(always)]
    pub fn is_quiet(&self) -> bool {
        const BYTES: u32 = u32::from_ne_bytes([0, 0xff, 0xff, 0xff]);
        // SAFETY: a heap is aligned and begins with the bytes `gc_epoch`, `due`, `attention`, `barred` (asserted in `vm`).
        unsafe { std::ptr::from_ref(self).cast::<u32>().read() & BYTES == 0 }
    }

    /// Creates an empty heap.
    pub fn new(config: Config) -> Heap {
        let space = Space::new(if config.room == 0 { space::HUGE_FROM } else { space::HUGE_FROM_ROOMY });
        let (base, bits, span) = space.range();
        let shapes = Shapes::new();
        let seed = if config.hash_seed == 0 { crate::sys::entropy() } else { config.hash_seed };
        Heap {
            gc_epoch: Cell::new(IDLE),
            due: Cell::new(config.gc_stress.into()),
            attention: Cell::new(0),
            barred: Cell::new(0),
            shape_records: Cell::new(shapes.records()),
            runs: std::array::from_fn(|_| {
                std::array::from_fn(|_| Run { cur: Cell::new(null_mut()), end: Cell::new(null_mut()) })
            }),
            free: std::array::from_fn(|_| Cell::new(null_mut())),
            total: Cell::new(0),
            threshold: Cell::new(usize::MAX),
            black_strings: Cell::new(false),
            recycle_strings: Cell::new(true),
            base,
            bits,
            span,
            config,
            chars: std::array::from_fn(|_| Cell::new(null_mut())),
            space: UnsafeCell::new(space),
            large: UnsafeCell::new(Default::default()),
            strings: UnsafeCell::new(StrTab::new(seed)),
            shapes: UnsafeCell::new(shapes),
            collector: UnsafeCell::new(Collector::new(&config)),
            collecting: Cell::new(false),
        }
    }

    /// Gives access to the blocks; the borrow must end before anything else of the heap is called.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn space(&self) -> &mut Space {
        // SAFETY: the machine is used by one thread (raw pointers make it `!Sync`), and callers in this crate keep the
        // borrow to one expression that does not come back here.
        unsafe { &mut *self.space.get() }
    }

    /// Gives access to the large objects of a group; as [`Heap::space`].
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn large(&self, group: usize) -> &mut Large {
        // SAFETY: as in `space`.
        unsafe { &mut (*self.large.get())[group] }
    }

    /// Accounts bytes; asks for the collector at the threshold. Says whether the limit allows them. Bytes that a payload holds
    /// outside of the heap may be accounted too, when it grows: the next collection forgets them.
    pub fn account(&self, bytes: usize) -> bool {
        let total = self.total.get() + bytes;
        if self.config.max_memory != 0 && total > self.config.max_memory {
            self.due.set(1);
            return false;
        }
        self.total.set(total);
        if total >= self.threshold.get() {
            self.due.set(1);
        }
        true
    }

    /// Bytes of the rests of runs.
    pub(crate) fn rests(&self) -> usize {
        self.runs.iter().flatten().map(|r| r.end.get() as usize - r.cur.get() as usize).sum()
    }

    /// Forgets all runs and free lists of a group: a sweep follows, which finds their cells again.
    pub(crate) fn drop_runs(&self, group: usize) {
        for r in &self.runs[group] {
            r.cur.set(null_mut());
            r.end.set(null_mut());
        }
        if group == 0 {
            for f in &self.free {
                f.set(null_mut());
            }
        }
    }

    /// Says whether an object is in a block (not large).
    #[inline(always)]
    pub(crate) fn in_block(&self, p: *const u8) -> bool {
        (p as usize).wrapping_sub(self.base as usize) < self.span
    }

    /// Marks a cell in a block; says whether it was unmarked.
    ///
    /// # Safety
    /// `p` is the start of a cell in a block.
    #[inline(always)]
    pub(crate) unsafe fn mark_cell(&self, p: *const u8) -> bool {
        let at = p as usize - self.base as usize;
        // SAFETY: blocks have committed mark bits.
        unsafe {
            let word = self.bits.add(at / 1024);
            let m = 1 << (at / 16 % 64);
            let old = *word;
            *word = old | m;
            old & m == 0
        }
    }

    /// Says whether a cell in a block is marked.
    ///
    /// # Safety
    /// `p` is the start of a cell in a block.
    #[inline(always)]
    pub(crate) unsafe fn is_cell_marked(&self, p: *const u8) -> bool {
        let at = p as usize - self.base as usize;
        // SAFETY: blocks have committed mark bits.
        unsafe { *self.bits.add(at / 1024) & 1 << (at / 16 % 64) != 0 }
    }

    /// Marks an object or buffer; says whether it was unmarked.
    ///
    /// # Safety
    /// `p` is a live object or buffer of this heap.
    #[inline(always)]
    pub(crate) unsafe fn mark(&self, p: *const u8) -> bool {
        // SAFETY: what is not in a block has the header of large objects.
        unsafe { if self.in_block(p) { self.mark_cell(p) } else { large::mark(p) } }
    }

    /// Says whether an object or buffer is marked.
    ///
    /// # Safety
    /// `p` is an object or buffer of this heap.
    #[inline(always)]
    pub(crate) unsafe fn is_marked(&self, p: *const u8) -> bool {
        // SAFETY: as in `mark`.
        unsafe { if self.in_block(p) { self.is_cell_marked(p) } else { large::is_marked(p) } }
    }
}

/// Allocates `size` bytes (rounded up to 16), not initialised. Never collects.
#[inline]
pub fn alloc(vm: &Vm, size: usize, kind: CellKind) -> Result<*mut u8, Raise> {
    if size > MAX_SMALL {
        return alloc_large(vm, size, kind);
    }
    let class = class::of(size);
    let run = &vm.heap.runs[kind.group()][class];
    let p = run.cur.get();
    let next = p.wrapping_add(SIZES[class] as usize);
    if next <= run.end.get() {
        run.cur.set(next);
        return Ok(p);
    }
    alloc_slow(vm, class, kind)
}

/// Allocates `SIZE` bytes of kind `Plain`, not initialised; null where the run has ended ([`alloc`] goes on).
///
/// # Safety
/// `vm` is a live machine.
#[inline(always)]
pub unsafe fn bump<const SIZE: usize>(vm: *const Vm) -> *mut u8 {
    // SAFETY: as the caller says.
    unsafe {
        let class = const { class::of_const(SIZE) };
        let run = &raw const (*vm).heap.runs[0][class];
        let p = (*run).cur.get();
        let next = p.wrapping_add(const { SIZES[class::of_const(SIZE)] as usize });
        if next > (*run).end.get() {
            return null_mut();
        }
        (*run).cur.set(next);
        p
    }
}

#[cold]
#[inline(never)]
fn alloc_slow(vm: &Vm, class: usize, kind: CellKind) -> Result<*mut u8, Raise> {
    let heap = &vm.heap;
    let group = kind.group();
    let size = SIZES[class] as usize;
    if group == 0 {
        let p = heap.free[class].get();
        if !p.is_null() {
            if !heap.account(size) {
                return Err(vm.raise_oom());
            }
            // SAFETY: a free cell holds the link to the next one.
            heap.free[class].set(unsafe { *p.cast::<*mut u8>() });
            return Ok(p);
        }
    }
    let strings = group == CellKind::Str.group();
    let recycle = heap.gc_epoch.get() == IDLE && (!strings || heap.recycle_strings.get());
    let black = strings && heap.black_strings.get();
    let run = &heap.runs[group][class];
    let Some((from, to)) = heap.space().run(group, class, recycle, black) else {
        return Err(vm.raise_oom());
    };
    if !heap.account(to as usize - from as usize) {
        // The run is lost until the next sweep, which is due.
        return Err(vm.raise_oom());
    }
    run.cur.set(from.wrapping_add(size));
    run.end.set(to);
    Ok(from)
}

#[cold]
#[inline(never)]
fn alloc_large(vm: &Vm, size: usize, kind: CellKind) -> Result<*mut u8, Raise> {
    let heap = &vm.heap;
    if !heap.account(size) {
        return Err(vm.raise_oom());
    }
    let black = kind == CellKind::Str && heap.black_strings.get();
    match heap.large(kind.group()).alloc(size, black) {
        Some(p) => Ok(p),
        None => {
            heap.total.set(heap.total.get() - size);
            Err(vm.raise_oom())
        }
    }
}

/// Returns a buffer that its owner no longer uses.
///
/// # Safety
/// `p` came from `alloc` with the same size and kind `Plain`, and nothing refers to it.
pub unsafe fn free(vm: &Vm, p: *mut u8, size: usize) {
    let heap = &vm.heap;
    // SAFETY: the cell is unused (caller), so its first word can hold the link.
    unsafe {
        if size > MAX_SMALL {
            heap.large(0).free(p);
            heap.total.set(heap.total.get().saturating_sub(size));
            return;
        }
        let class = class::of(size);
        if heap.gc_epoch.get() != IDLE {
            let at = p as usize - heap.base as usize;
            *heap.bits.add(at / 1024) &= !(1 << (at / 16 % 64));
        }
        *p.cast::<*mut u8>() = heap.free[class].get();
        heap.free[class].set(p);
        heap.total.set(heap.total.get().saturating_sub(SIZES[class] as usize));
    }
}

/// Changes the size of a buffer, keeping what fits of its contents. On failure the old one stays.
///
/// # Safety
/// As [`free`]; the old pointer is dead afterwards, unless it failed.
pub unsafe fn resize(vm: &Vm, p: *mut u8, old: usize, new: usize) -> Result<*mut u8, Raise> {
    let heap = &vm.heap;
    // SAFETY: both buffers hold the bytes copied; the old one is not used any more (caller).
    unsafe {
        if old > MAX_SMALL && new > MAX_SMALL {
            if new > old && !heap.account(new - old) {
                return Err(vm.raise_oom());
            }
            return match heap.large(0).resize(p, new) {
                Some(q) => {
                    heap.total.set(heap.total.get().saturating_sub(old.saturating_sub(new)));
                    Ok(q)
                }
                None => {
                    heap.total.set(heap.total.get() - new.saturating_sub(old));
                    Err(vm.raise_oom())
                }
            };
        }
        let q = alloc(vm, new, CellKind::Plain)?;
        if old > 0 {
            std::ptr::copy_nonoverlapping(p, q, old.min(new));
            free(vm, p, old);
        }
        Ok(q)
    }
}

/// Takes back the latest allocation of its size.
///
/// # Safety
/// `p` was the last thing that [`alloc`] returned, for the same size and kind.
pub unsafe fn unalloc(vm: &Vm, p: *mut u8, size: usize, kind: CellKind) {
    let heap = &vm.heap;
    if size > MAX_SMALL {
        // SAFETY: as the caller says.
        unsafe { heap.large(kind.group()).free(p) };
        heap.total.set(heap.total.get().saturating_sub(size));
    } else {
        let class = class::of(size);
        let run = &heap.runs[kind.group()][class];
        if run.cur.get() == p.wrapping_add(SIZES[class] as usize) {
            run.cur.set(p);
        }
    }
}
